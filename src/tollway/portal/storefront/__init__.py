"""What developers see of an organisation itself: its colour and logo, and the terms they accept."""
