"""Tables whose cells are edited in place: metrics by periods, plans by features.

A row is a template of its own, `web/partials/matrix_row.html`; the page includes it for each row,
and a view that changes a cell answers with the row and a toast. Each cell sends what its reader saw
beside what was typed, so that nobody's change is passed over:

    change = changed(request)
    if change.clashes_with(limit):
        return part(request, row_with(clash), status=409)
"""

from __future__ import annotations

from django.http import HttpRequest
from msgspec import Struct

VALUE, SEEN, ANYWAY = "value", "was", "anyway"
ON, OFF = "on", "off"
NONE = "∞"


class Cell(Struct, frozen=True):
    """One value. ``value`` is as it is typed, "" for none; ``shown`` as it is read.

    ``name`` is unique on the page, ``label`` says whose value it is. With an ``error`` the field
    is open and holds ``typed``. With a ``link`` the value is more than a cell can hold, and is
    changed there.
    """

    name: str
    url: str
    label: str
    value: str
    shown: str
    column: str
    is_plain: bool = False  # no ground under a value: prices
    is_changed: bool = False
    error: str = ""
    typed: str = ""
    link: str = ""


class Switch(Struct, frozen=True):
    name: str
    url: str
    label: str
    is_on: bool
    column: str


class Clash(Struct, frozen=True):
    """Somebody else changed ``cell`` meanwhile, ``by`` whom; ``typed`` is what did not get in."""

    cell: Cell
    by: str
    typed: str


class Doubt(Struct, frozen=True):
    """What a change would do that its author may not mean: it is made when they say so again.

    ``url`` is sent ``typed``, the button ``do``, or what is there, ``value``, the button ``leave``.
    """

    url: str
    value: str
    typed: str
    leave: str
    do: str
    title: str
    text: str


class Row(Struct, frozen=True):
    """``off`` is what is said in place of the cells of what is switched off.

    ``more`` is the address of what else there is to say of the row. ``full_title`` tells it from
    a row of the same title in another group, where it is read without the table around it.
    """

    name: str
    title: str
    note: str
    cells: tuple[Cell, ...]
    prices: tuple[Cell, ...] = ()
    switches: tuple[Switch, ...] = ()
    is_child: bool = False
    off: str = ""
    clash: Clash | None = None
    doubt: Doubt | None = None
    more: str = ""
    full_title: str = ""

    @property
    def width(self) -> int:
        """The number of columns, the heading's among them."""
        return 1 + len(self.cells) + len(self.prices) + len(self.switches) + bool(self.more)


class Change(Struct, frozen=True):
    """What was typed into a cell, and what it held when its reader saw it."""

    typed: str
    seen: str
    anyway: bool

    def clashes_with(self, value: str) -> bool:
        """Whether ``value``, read under a lock, is neither what was seen nor what is wanted."""
        return not self.anyway and value not in {self.seen, self.typed}


def changed(request: HttpRequest) -> Change:
    """Read what a cell sent; spaces and separators of thousands do not count."""
    typed = "".join(request.POST.get(VALUE, "").split()).replace(",", "")
    return Change(typed[:64], request.POST.get(SEEN, "")[:64], ANYWAY in request.POST)


def is_on(request: HttpRequest) -> bool:
    """Read what a switch sent: something for on."""
    return bool(request.POST.get(VALUE))


def was_on(request: HttpRequest) -> bool | None:
    """Return what the sender of a switch saw; None if it does not say."""
    return {ON: True, OFF: False}.get(request.POST.get(SEEN, ""))
