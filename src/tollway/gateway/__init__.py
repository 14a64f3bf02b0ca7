"""The gateway: NGINX and Lua answer the calls, Python compiles what they need and pushes it."""
