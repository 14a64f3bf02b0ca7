"""One thing done to many rows: asked for at once, done by the worker bit by bit, told by row."""
