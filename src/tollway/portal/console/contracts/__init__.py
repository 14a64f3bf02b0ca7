"""Pages of subscriptions: which accounts may have applications of a product, and on what terms."""
