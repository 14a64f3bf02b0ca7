"""How far a tenant has come on the way to its first real callers."""
