"""The first page after signing in: the way to go live, the traffic as it comes, what needs whom."""
