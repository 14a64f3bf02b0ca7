"""What developers see of the organisation: brand, legal terms, addresses; and the way to look."""
