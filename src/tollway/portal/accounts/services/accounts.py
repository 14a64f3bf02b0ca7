"""Developer accounts: changed, and moved between their states. Sign-up makes them, further up."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.accounts.fields_definitions import Target, checked
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.signup import ACCOUNT_FIELDS
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import Move, change, lock, move
from tollway.portal.tenants.models import Tenant

# What may happen to an account (feature map, AC3).
ACCOUNT_MOVES = {
    "make_pending": Move(frozenset({"created", "approved", "rejected"}), "pending", "made_pending"),
    "approve": Move(frozenset({"created", "pending", "rejected"}), "approved", "approved"),
    "reject": Move(frozenset({"created", "pending", "approved"}), "rejected", "rejected"),
    "suspend": Move(frozenset({"approved"}), "suspended", "suspended"),
    "resume": Move(frozenset({"suspended"}), "approved", "resumed"),
}


@transaction.atomic
def update_account(account: Account, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``ACCOUNT_FIELDS``, and by ``extra_fields`` those of the tenant's own."""
    lock(account)
    changes = checked(account.tenant, Target.ACCOUNT, changes, account.extra_fields)
    before, after = change(account, changes, (*ACCOUNT_FIELDS, "extra_fields"))
    if "org_name" in after and account.provider is not None:
        Tenant.objects.filter(pk=account.provider.pk).update(org_name=account.org_name)
    if after:
        events.append(
            account.tenant, "account.updated", account.pk, by=by, before=before, after=after
        )


@transaction.atomic
def change_account_state(account: Account, event: str, *, by: Actor) -> None:
    """Do one of ``ACCOUNT_MOVES``. Only an approved account's applications are authorised."""
    moved = move(account, event, ACCOUNT_MOVES)
    kind = f"account.{moved.done}"
    events.append(account.tenant, kind, account.pk, by=by, before=moved.before, after=moved.after)
