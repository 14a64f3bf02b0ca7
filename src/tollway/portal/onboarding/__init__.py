"""A tenant's beginning: sign-up with sample data that works at once."""
