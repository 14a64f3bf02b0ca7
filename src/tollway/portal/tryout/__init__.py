"""Test calls: a product called through its staging gateway, as one of its callers would."""
