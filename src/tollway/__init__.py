"""Tollway, an open API-management platform: who may call an API, how often, and what it costs."""

__version__ = "0.1.0"
