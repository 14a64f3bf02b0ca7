"""API documents (ActiveDocs): their list, writing them, and how they look."""
