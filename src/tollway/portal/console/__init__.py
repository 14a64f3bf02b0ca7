"""The admin portal, as pages."""
