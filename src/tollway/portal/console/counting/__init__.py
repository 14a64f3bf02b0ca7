"""What is counted: metrics, methods and mapping rules, of products and of backends alike."""
