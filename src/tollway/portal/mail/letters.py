"""What a message says: one template, in two forms that say the same.

A template fills the blocks ``subject``, ``words`` (paragraphs between blank lines) and, where there
is something to do, ``button``, which leads to ``url``. It extends ``layout``, so that the plain
text and the HTML come of the same words. Templates see plain values only: what the caller gives,
and ``brand`` (in whose name), ``organisation``, ``for_admins``.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.template import Context
from django.template.backends.django import Template
from django.template.loader import get_template
from msgspec import Struct

SUBJECT_LENGTH_MAX = 160

Value = str | int | bool


class Letter(Struct, frozen=True):
    subject: str
    text: str
    html: str


def write(name: str, values: Mapping[str, Value]) -> Letter:
    """Render the template ``mail/{name}.txt``."""
    subject = one_line(_render(name, "subject.txt", values))
    values = {**values, "subject": subject}
    text, html = (_render(name, layout, values) for layout in ("layout.txt", "layout.html"))
    return Letter(subject[:SUBJECT_LENGTH_MAX], f"{text}\n", f"{html}\n")


def one_line(text: str) -> str:
    """Take out of a text what a header line cannot hold: line ends and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _render(name: str, layout: str, values: Mapping[str, Value]) -> str:
    template = get_template(f"mail/{name}.txt")
    assert isinstance(template, Template)  # noqa: S101  (Django's own engine is the only one)
    html = layout.endswith(".html")
    context = Context({**values, "layout": f"mail/{layout}"}, autoescape=html)
    return template.template.render(context).strip()  # which also makes it a plain text
