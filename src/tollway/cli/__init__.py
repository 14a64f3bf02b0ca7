"""The commands: everything on one machine (`up`), or one process (`portal`, `authority`, …)."""
