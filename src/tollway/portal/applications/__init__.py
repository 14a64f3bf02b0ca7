"""Applications: the credentials with which a developer calls a product, under one plan."""
