"""What is sold: products, their metrics, mapping rules, gateway settings; and their backends."""
