"""The event log: one row for each business change, written in the change's own transaction."""
