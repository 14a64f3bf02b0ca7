-- Lua runs in two places: in NGINX (ngx is a global), and inside the store's server.
std = "ngx_lua"
files["src/tollway/store"] = { std = "luajit", read_globals = { "redis", "server", "cjson", "cmsgpack", "struct", "bit" } }
