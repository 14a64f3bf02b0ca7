"""Ctrl-K: everything that can be opened, found by a few letters, an id or a key."""
