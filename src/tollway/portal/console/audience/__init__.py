"""Pages about developers: their accounts, applications, subscriptions, and the rules for them."""
