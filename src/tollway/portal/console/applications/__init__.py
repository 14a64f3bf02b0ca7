"""Pages of applications: their lists, and each with its credentials, plan, limits and usage."""
