"""Getting in: signing up, activating, signing in, forgotten passwords, and one's own details."""
