"""The list of accounts as a file: what it is narrowed down to, on all its pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.models import Account
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.sheets import Cell, defined, sheet, time

AT_ONCE = 500
_COLUMNS = ("Id", "Account", "State", "Plan", "Administrator", "E-mail", "Applications")


def sheet_of(tenant: Tenant, accounts: QuerySet[Account]) -> StreamingHttpResponse:
    """Send accounts with what the list adds to them, the oldest first, and their defined fields."""
    fields = [row for row in definitions_of(tenant, Target.ACCOUNT) if row.name != "org_name"]

    def rows() -> Iterator[Sequence[Cell]]:
        yield (*_COLUMNS, "Signed up (UTC)", *(field.label for field in fields))
        for each in accounts.order_by("pk").iterator(AT_ONCE):
            added = (getattr(each, name) for name in ("plan", "admin", "email", "apps"))
            yield (
                each.pk, each.org_name, each.get_state_display(),
                *(value if isinstance(value, int) else value or "" for value in added),
                time(each.created_at), *(defined(each, field.name) for field in fields),
            )  # fmt: skip

    return sheet("accounts", rows())
