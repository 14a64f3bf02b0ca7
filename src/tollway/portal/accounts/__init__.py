"""Accounts of developers, users of both portals, and access tokens."""
