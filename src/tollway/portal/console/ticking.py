"""The bar of a list: what is done to the rows that are ticked, or to all that match.

Its buttons lead to the page of a bulk run (``console.bulk``), with the ticked rows in the address,
or with what the list is narrowed down to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from msgspec import Struct

from tollway.portal.bulk.kinds import KINDS, Needs
from tollway.portal.web.listing import TEXT, Listing

ALL, ROWS = "all", "rows"
_TITLES = {Needs.PLAN: "Change plan", Needs.LETTER: "Send e-mail"}


class Action(Struct, frozen=True):
    title: str
    icon: str
    url: str


class Bar(Struct, frozen=True):
    """``kept``: what the list is narrowed down to, sent along; ``total``: how many that is."""

    actions: Sequence[Action]
    kept: Sequence[tuple[str, str]]
    total: int


def bar_of(kinds: Sequence[str], listing: Listing, **fixed: object) -> Bar:
    """Return the bar for a list.

    ``fixed``: what narrows the list that its address does not say after the question mark, by the
    names that the filter of the subject reads.
    """
    kept: Mapping[str, str] = {name: str(value) for name, value in fixed.items() if value}
    text = [(TEXT, listing.text)] if listing.text else []
    return Bar(
        [_action(kind) for kind in kinds],
        [*listing.filters, *text, *kept.items()],
        listing.total,
    )


def _action(name: str) -> Action:
    kind = KINDS[name]
    title = _TITLES.get(kind.needs, kind.verb)
    return Action(title, kind.icon, reverse("bulk-ask", args=(name,)))
