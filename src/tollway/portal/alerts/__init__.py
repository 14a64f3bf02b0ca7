"""Alerts: which applications have reached a level of a limit that their product's admins watch."""
