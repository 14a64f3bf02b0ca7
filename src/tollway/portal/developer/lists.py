"""Lists as templates see them: plain rows, and the words and addresses around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tollway.portal.web.listing import Listing


class Heading(Struct, frozen=True):
    """A column by which the list may be sorted; ``order`` is "ascending", "descending" or ""."""

    title: str
    url: str
    order: str


class List(Struct, frozen=True):
    """One page of a list. ``before`` and ``after`` are addresses, "" where there is no page."""

    rows: tuple[Any, ...]
    total: int
    first: int
    last: int
    text: str
    narrowed: bool
    before: str
    after: str
    number: int
    pages: int
    sort: str
    headings: Mapping[str, Heading]


def plain(
    listing: Listing, row: Callable[[Any], Struct], headings: Mapping[str, str] | None = None
) -> List:
    """Return a listing with each of its rows made plain by ``row``.

    ``headings`` are the titles of columns by the name of their sort.
    """
    page = listing.page
    return List(
        rows=tuple(row(each) for each in page.object_list),
        total=listing.total,
        first=page.start_index(),
        last=page.end_index(),
        text=listing.text,
        narrowed=listing.narrowed,
        before=listing.address(page=page.number - 1) if page.has_previous() else "",
        after=listing.address(page=page.number + 1) if page.has_next() else "",
        number=page.number,
        pages=page.paginator.num_pages,
        sort=listing.sort if listing.sort != listing.default else "",
        headings={name: _heading(listing, name, title) for name, title in (headings or {}).items()},
    )


def _heading(listing: Listing, name: str, title: str) -> Heading:
    up, down = listing.sort == name, listing.sort == f"-{name}"
    begins_down = listing.default == f"-{name}"
    other = f"-{name}" if up or (begins_down and not down) else name
    order = "ascending" if up else "descending" if down else ""
    return Heading(title, listing.address(sort=other), order)
