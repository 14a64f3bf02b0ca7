"""The developers' side of a tenant: its default theme. Templates are given plain values only."""
