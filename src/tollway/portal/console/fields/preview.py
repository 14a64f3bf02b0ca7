"""A form as developers will see it: what they fill in, what they only read, in its order."""

from __future__ import annotations

from collections.abc import Iterable

from django.forms.boundfield import BoundField
from msgspec import Struct

from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import defined_fields


class Shown(Struct, frozen=True):
    """A field that is filled in; without one, it is only read."""

    label: str
    field: BoundField | None


def preview(rows: Iterable[FieldsDefinition]) -> list[Shown]:
    rows = [row for row in rows if not row.hidden]
    form = PageForm(auto_id="preview_%s")
    form.fields |= defined_fields((row for row in rows if not row.read_only), without=())
    return [Shown(row.label, None if row.read_only else form[row.name]) for row in rows]
