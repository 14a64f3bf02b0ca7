"""Usage values: what a request says it will count, one amount per metric.

An amount adds (``3``) or, 3scale's deprecated ``#3``, sets the counter. Nothing here knows which
metrics exist or how they hang together; that is ``core.metrics``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

# Counters travel through Lua, whose numbers are exact up to here. 3scale takes larger values and
# loses them later; we refuse them, so that what is answered is what is counted.
AMOUNT_MAX = 2**53 - 1

_SHAPE = re.compile(r"(#?)([0-9]+)", re.ASCII)
_BLANKS = " \t\r\n\f\v"
_DIGITS_MAX = 1000  # of the text, leading zeros included


class Amount(Struct, frozen=True):
    """Units of one metric: to add, or with ``is_set`` to replace the counter by."""

    value: int
    is_set: bool = False

    def then(self, later: Amount) -> Amount:
        """Return the one amount that does what this one and then ``later`` do.

        >>> Amount(5, is_set=True).then(Amount(2))
        Amount(value=7, is_set=True)
        """
        return later if later.is_set else Amount(self.value + later.value, self.is_set)

    def applied_to(self, stored: int) -> int:
        return self.value if self.is_set else stored + self.value


NOTHING = Amount(0)

Usage = Mapping[str, Amount]
"""Amounts by metric id, in the order of the request."""


def trimmed(text: str) -> str:
    """Return ``text`` without the ASCII blanks around it; names and values may have them."""
    return text.strip(_BLANKS)


def parse_amount(text: str) -> Amount | None:
    """Read a usage value: blanks, an optional ``#``, decimal digits, blanks; None for other text.

    Unlike 3scale, ``" #4"`` (a blank before ``#``) sets 4, and nothing above 2^53 - 1 is a value.
    """
    match = _SHAPE.fullmatch(trimmed(text)) if len(text) <= _DIGITS_MAX else None
    if match is None or (value := int(match[2])) > AMOUNT_MAX:
        return None
    return Amount(value, bool(match[1]))
