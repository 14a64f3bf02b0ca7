"""The lists of alerts."""
