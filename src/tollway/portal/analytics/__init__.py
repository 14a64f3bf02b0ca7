"""What was used: recorded from the usage streams, and read by charts, bills and alerts."""
