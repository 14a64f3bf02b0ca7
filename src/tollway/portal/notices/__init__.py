"""Which business changes are told by mail, to whom: a table, and the reader that follows it."""
