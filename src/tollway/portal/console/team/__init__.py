"""The tenant's own people: who works in its admin portal, and what each may do there."""
