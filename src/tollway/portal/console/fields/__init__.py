"""Which fields an organisation keeps of accounts, users and applications."""
