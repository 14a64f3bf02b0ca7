"""Backends: their list, and each one's overview."""
