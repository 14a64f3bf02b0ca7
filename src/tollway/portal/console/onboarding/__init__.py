"""The wizard: from an API's address to a call through the gateway, a page per step."""
