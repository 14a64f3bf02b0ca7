"""API documents: OpenAPI descriptions of a tenant's APIs. 3scale calls them ActiveDocs."""
