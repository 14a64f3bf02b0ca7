"""What a tenant lets its developers see and do, and which fields it keeps of them."""
