"""What bulk runs are about, and how their rows are found: by ticks, or by a list's filter.

A filter is resolved in the database, again for each batch, within what its user may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, QuerySet
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.applications.selectors import (
    AccountFilter,
    Filter,
    matching_accounts,
    matching_applications,
)
from tollway.portal.bulk.models import Change
from tollway.portal.fields import seal, unseal
from tollway.portal.plans.selectors import SubscriptionFilter, matching_subscriptions
from tollway.portal.tenants.models import Tenant

_CONTEXT = "bulk selection"


class Subject(Enum):
    """The plural of what a row is called."""

    ACCOUNTS = "accounts"
    APPLICATIONS = "applications"
    SUBSCRIPTIONS = "subscriptions"


class Ids(Struct, frozen=True, tag=True):
    """Rows that were ticked."""

    pks: tuple[int, ...]


class Changed(Struct, frozen=True, tag=True):
    """Rows that a run has changed."""

    run_id: int


Selection = Ids | Changed | AccountFilter | Filter | SubscriptionFilter

_ALL: Mapping[Subject, Selection] = {
    Subject.ACCOUNTS: AccountFilter(),
    Subject.APPLICATIONS: Filter(),
    Subject.SUBSCRIPTIONS: SubscriptionFilter(),
}


def rows_of(
    tenant: Tenant, user: User, subject: Subject, selection: Selection
) -> QuerySet[Any, Any]:
    """Return the rows that are selected, as far as the user may see them."""
    match selection:
        case Ids(pks):
            return rows_of(tenant, user, subject, _ALL[subject]).filter(pk__in=pks)
        case Changed(run_id):
            # Each batch looks its own rows up by the index, not all that the run has changed.
            of_row = Change.objects.filter(tenant=tenant, run=run_id, object_id=OuterRef("pk"))
            return rows_of(tenant, user, subject, _ALL[subject]).filter(Exists(of_row))
        case AccountFilter():
            return matching_accounts(tenant, selection, user.allowed_products())
        case Filter():
            return _within(user, matching_applications(tenant, selection))
        case SubscriptionFilter():
            return _within(user, matching_subscriptions(tenant, selection))


def name_of(subject: Subject, row: Any) -> str:  # noqa: ANN401  (one of the subject's rows)
    match subject:
        case Subject.ACCOUNTS:
            return str(row.org_name)
        case Subject.APPLICATIONS:
            return str(row.name)
        case Subject.SUBSCRIPTIONS:
            return f"{row.account.org_name}, {row.product.name}"


def sealed(selection: Selection) -> bytes:
    return seal(msgspec.json.encode(selection).decode(), _CONTEXT)


def unsealed(selection: bytes | memoryview) -> Selection:
    found: Selection = msgspec.json.decode(unseal(selection, _CONTEXT), type=Selection)
    return found


def _within(user: User, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    allowed = user.allowed_products()
    return rows if allowed is None else rows.filter(product__in=allowed)
