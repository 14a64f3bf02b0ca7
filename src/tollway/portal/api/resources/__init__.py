"""The shapes of entities in 3scale's JSON and XML: declared field lists, a module per area."""
