"""Products: their list, each one's overview, backends and settings."""
