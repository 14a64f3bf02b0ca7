"""Application plans and the usage limits they set."""
