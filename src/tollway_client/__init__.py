"""A client of the Service Management API, for API providers who authorise calls in their own code.

It stands alone: it imports nothing of the platform, and the platform imports nothing of it.
"""
