"""Pages of developer accounts: their list, and each with its people, plan and applications."""
