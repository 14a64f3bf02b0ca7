"""Recording usage, with what follows from it: first traffic, and levels of utilisation reached."""

from tollway.portal.analytics.services.recording import OvertakenError, Streams, record, tidy

__all__ = ["OvertakenError", "Streams", "record", "tidy"]
