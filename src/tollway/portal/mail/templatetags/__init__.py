"""Template tags of the layouts of mail."""
