"""From the event log to the store: snapshots that authority and gateways decide on."""
