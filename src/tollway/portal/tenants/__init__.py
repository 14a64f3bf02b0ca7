"""Tenants: the API providers that own everything else, and the hosts they answer on."""
