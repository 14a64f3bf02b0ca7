"""Takes what is Tollway's out of a store, and nothing else: other programs may use it too.

What is ours is known by the names that ``keys`` gives.
"""

from __future__ import annotations

import re

from tollway.store import sync

_OURS = re.compile(
    rb"position"
    rb"|(application|cells|once|told|product|applications|service_tokens):\{s\d\d\}:.*"
    rb"|(refusals|errors):\{s\d\d\}:.*"
    rb"|(usage|merged|heard|heard_merged):\{s\d\d\}"
    rb"|(events|last_event|rung|removals|resets):\{internal\}"
    rb"|holding:internal-[0-9a-f]+"
    rb"|(user_key|service_token|provider|gateway|receipt):[0-9a-f]+"
    rb"|feed:\{\w+\}(:(documents|published|removed))?",
    re.DOTALL,
)
_LOOKED_AT_ONCE = 1000


def clear(client: sync.Client) -> int:
    """Delete our keys, on every server of a cluster; return how many those were.

    What is written meanwhile may stay. Raises ``StoreUnavailableError``.
    """
    count = 0
    with sync.served():
        for key in client.scan_iter(count=_LOOKED_AT_ONCE):
            if _OURS.fullmatch(key):
                count += sync.run(client, "UNLINK", key)
    return count
