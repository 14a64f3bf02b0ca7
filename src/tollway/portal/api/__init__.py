"""The Account Management API: 3scale's operations, each declared as one row."""
