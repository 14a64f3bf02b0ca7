"""Where applications stand now: counters of the store beside the limits of their plans."""
