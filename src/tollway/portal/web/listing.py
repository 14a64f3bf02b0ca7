"""Lists that can be searched, sorted and paged, their state kept in the address.

    ?q=night&sort=-created&page=3

What the address says and nobody offers (a sort that is none, a page beyond the last) falls back to
what is there. A list costs two queries, however long it is: the count, and one page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import Expression, OrderBy
from django.http import HttpRequest, QueryDict
from msgspec import Struct

SORT, TEXT, PAGE = "sort", "q", "page"
CSV = "csv"  # asks for all pages as a file, of lists that have one
TEXT_MAX = 200

M = TypeVar("M", bound=Model)


class Listing(Struct, frozen=True):
    """One page of a list. ``sort`` is a name of the list's sorts, with a minus for descending.

    ``filters`` are the other parameters of the address that say something: the view's own.
    """

    page: Page[Any]
    total: int
    sort: str
    default: str
    text: str
    filters: tuple[tuple[str, str], ...]

    @property
    def narrowed(self) -> bool:
        """Whether rows may be missing because of what was asked for, not because there are none."""
        return bool(self.text or self.filters)

    @property
    def sheet(self) -> str:
        """The query string of the file that has all of the list's pages."""
        return f"{self.address()}&{CSV}=1".replace("?&", "?")

    def address(self, *, sort: str = "", page: int = 1) -> str:
        """Return the query string of this list sorted otherwise, or of another of its pages."""
        sort = sort or self.sort
        asked = [
            *self.filters,
            *([(TEXT, self.text)] if self.text else []),
            *([(SORT, sort)] if sort != self.default else []),
            *([(PAGE, str(page))] if page != 1 else []),
        ]
        return f"?{urlencode(asked)}"


def text_of(given: QueryDict) -> str:
    """Return what is searched for, as all lists read it."""
    return str(given.get(TEXT, "")).replace("\0", "").strip()[:TEXT_MAX]


def listed(
    request: HttpRequest,
    queryset: QuerySet[M],
    *,
    sorts: Mapping[str, str | Expression],
    default: str,
    search: Callable[[QuerySet[M], str], QuerySet[M]] | None = None,
    per_page: int = 50,
) -> Listing:
    """Return the part of ``queryset`` that the address asks for.

    ``sorts`` names what can be sorted by: fields, annotations, or expressions such as
    ``Lower("name")``; ``default`` is one of the names, or "-" and one. ``search`` narrows a query
    set to what has a text in it. Rows that sort alike are ordered by their keys, so that none is
    shown twice or never.
    """
    text = text_of(request.GET) if search else ""
    sort = request.GET.get(SORT, "")
    if sort.removeprefix("-") not in sorts:
        sort = default
    if search and text:
        queryset = search(queryset, text)
    field = sorts[sort.removeprefix("-")]
    down = sort.startswith("-")
    by = OrderBy(F(field) if isinstance(field, str) else field, descending=down)
    rows = queryset.order_by(by, "-pk" if down else "pk")
    # PERF: bench/many.py. A page far down is found by keys alone; what is shown of rows, which may
    # take a query for each, is worked out for those of the page. A text is looked for in every row:
    # once, not for the count and again for the page.
    keys = rows.values_list("pk", flat=True)
    paginator = Paginator(list(keys) if text else keys, per_page)
    found = paginator.get_page(request.GET.get(PAGE))
    return Listing(
        page=Page(rows.filter(pk__in=found.object_list), found.number, paginator),
        total=paginator.count,
        sort=sort,
        default=default,
        text=text,
        filters=tuple(
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in {SORT, TEXT, PAGE} and value
        ),
    )
