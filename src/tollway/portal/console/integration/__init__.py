"""A product's configuration: set up, tested on staging, promoted, and brought back."""
