"""Pages of bulk runs: what is to be done to which rows, and how far it has come."""
