"""A list of applications as a file: all that it is narrowed down to, without credentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.applications.models import Application
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.sheets import Cell, defined, sheet, time

AT_ONCE = 500
_OWN = frozenset({"name", "description"})
_COLUMNS = (
    "Id", "Application", "Account", "Product", "Plan", "Paid", "State", "Created (UTC)",
    "First call (UTC)", "Last call (UTC)", "Description",
)  # fmt: skip


def sheet_of(tenant: Tenant, applications: QuerySet[Application]) -> StreamingHttpResponse:
    """Send applications, the oldest first, with what is defined for them."""
    fields = [row for row in definitions_of(tenant, Target.APPLICATION) if row.name not in _OWN]

    def rows() -> Iterator[Sequence[Cell]]:
        yield (*_COLUMNS, *(field.label for field in fields))
        for each in applications.order_by("pk").iterator(AT_ONCE):
            paid = "free" if each.plan.terms.is_free else "paid"
            yield (
                each.pk, each.name, each.account.org_name, each.product.name, str(each.plan), paid,
                each.get_state_display(), time(each.created_at), time(each.first_traffic_at),
                time(each.last_traffic_at), each.description,
                *(defined(each, field.name) for field in fields),
            )  # fmt: skip

    return sheet("applications", rows())
