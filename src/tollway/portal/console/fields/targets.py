"""What fields are defined for: how each is called, where its forms are, and who has a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target, built_in
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.applications.models import Application


class About(Struct, frozen=True):
    """``one`` and ``many`` name the rows; ``asked`` says where developers meet the fields."""

    one: str
    many: str
    icon: str
    asked: str


TARGETS: Mapping[str, About] = {
    Target.ACCOUNT: About(
        "account", "accounts", "building", "Asked for at sign-up, and kept with the organisation."
    ),
    Target.USER: About(
        "user",
        "users",
        "users",
        "Kept of each person, your own people included. Sign-up asks for those that are required,"
        " and for those that you add.",
    ),
    Target.APPLICATION: About(
        "application",
        "applications",
        "app-window",
        "Asked for when an application is made, and shown on its page.",
    ),
}


def with_a_value(row: FieldsDefinition) -> int:
    """Return how many rows of the field's target have something in it."""
    models: Mapping[str, QuerySet[Any]] = {
        Target.ACCOUNT: Account.objects.filter(tenant=row.tenant),
        Target.USER: User.objects.filter(tenant=row.tenant),
        Target.APPLICATION: Application.objects.filter(tenant=row.tenant),
    }
    rows = models[row.target]
    if built_in(row.target, row.name) is None:
        return rows.filter(extra_fields__has_key=row.name).count()
    filled = rows.exclude(**{f"{row.name}__isnull": True})
    return (filled if row.name == "vat_rate" else filled.exclude(**{row.name: ""})).count()
