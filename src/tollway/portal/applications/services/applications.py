"""Applications: made on a plan, changed, moved between states, removed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tollway.portal.accounts.fields_definitions import Target, checked
from tollway.portal.accounts.models import Account
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.credentials import (
    check_user_key,
    make_keys,
    put_user_key,
    replace_user_key,
)
from tollway.portal.applications.services.log import append, identity
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, Move, change, fill, lock, move, refuse
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import drop_custom_plans, subscribed

_FIELDS = (
    "name", "description", "redirect_url", "first_traffic_at", "first_daily_traffic_at",
    "extra_fields",
)  # fmt: skip
_APP_ID_BYTES = 4

_PENDING, _LIVE, _SUSPENDED, _DEPRECATED = Application.State.values
MOVES = {
    "accept": Move(frozenset({_PENDING}), _LIVE, "accepted"),
    "suspend": Move(frozenset({_LIVE}), _SUSPENDED, "suspended"),
    "resume": Move(frozenset({_SUSPENDED, _DEPRECATED}), _LIVE, "resumed"),
    "deprecate": Move(frozenset({_LIVE, _SUSPENDED}), _DEPRECATED, "deprecated"),
}


@transaction.atomic
def create_application(
    account: Account,
    *,
    by: Actor,
    plan: ApplicationPlan,
    keys: Iterable[str] = (),
    **fields: Any,  # noqa: ANN401
) -> Application:
    """Make an application on ``plan``: live, or pending if the plan asks for approval.

    ``fields``: name, and optionally description, redirect_url, user_key and application_id (both
    made up if absent), first_traffic_at, first_daily_traffic_at, and ``extra_fields``, by the names
    that the tenant has defined. Where an application key is mandatory and none is given, the first
    is made. Refused for an account that has one already, where the tenant allows one only.
    """
    lock(account)
    if not selectors.may_have_another(account.tenant, account):
        raise refuse(BASE, "An account can have one application only")
    fields = checked(account.tenant, Target.APPLICATION, fields)
    application = make_application(account, plan, fields, keys=keys)
    after = {**identity(application), "name": application.name, "state": application.state}
    after |= {"plan_id": application.plan_id, "account_id": application.account_id}
    events.append(application.tenant, "application.created", application.pk, by=by, after=after)
    return application


def make_application(
    account: Account,
    plan: ApplicationPlan,
    fields: dict[str, Any],
    *,
    keys: Iterable[str] = (),
    may_wait: bool = False,
) -> Application:
    """Save an application with its credentials, without an event.

    The account is subscribed to the product if it is not, which must be possible. Where the
    subscription waits for approval, the application is refused or, if it ``may_wait``, pending too.
    """
    if account.tenant_id != plan.tenant_id:
        raise refuse("plan_id", "must be of the same tenant as the account")
    expect_standard(plan)
    subscription = subscribed(account, plan.product)
    waits = may_wait and subscription.state == subscription.State.PENDING
    if subscription.state != subscription.State.LIVE and not waits:
        raise refuse(BASE, f"The subscription to that service is {subscription.state}")
    application = Application(
        tenant=account.tenant, account=account, product=plan.product, plan=plan
    )
    application.state = _PENDING if waits or plan.approval_required else _LIVE
    put_user_key(application, fields.pop("user_key", "") or "")
    fields["application_id"] = fields.get("application_id") or secrets.token_hex(_APP_ID_BYTES)
    fill(application, fields, (*_FIELDS, "application_id"))
    check_user_key(application)
    application.save()
    make_keys(application, list(keys))
    return application


def expect_standard(plan: ApplicationPlan) -> None:
    """Refuse a custom plan: it is one application's own."""
    if plan.is_custom:
        raise refuse("plan_id", "must not be a custom plan")


@transaction.atomic
def update_application(application: Application, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change name, description, redirect_url, the times of first traffic, extra_fields, user_key.

    Of ``extra_fields`` those that are not named stay.
    """
    lock(application)
    user_key = changes.pop("user_key", None)
    changes = checked(application.tenant, Target.APPLICATION, changes, application.extra_fields)
    before, after = change(application, changes, _FIELDS)
    if user_key and replace_user_key(application, user_key):
        after["user_key"] = "changed"
    if after:
        append(application, "updated", by=by, before=before, after=after)


@transaction.atomic
def change_state(application: Application, event: str, *, by: Actor) -> None:
    """Do one of ``MOVES``. Only live applications are authorised.

    One whose subscription waits is not accepted before that is.
    """
    moved = move(application, event, MOVES)
    if event == "accept" and waits_for_subscription(application):
        raise refuse(BASE, "The subscription to that service is pending")
    append(application, moved.done, by=by, before=moved.before, after=moved.after)


def waits_for_subscription(application: Application) -> bool:
    """Say whether the account's subscription to the product is not approved yet."""
    found = selectors.subscription_of(application.tenant, application)
    return found is not None and found.state == found.State.PENDING


@transaction.atomic
def delete_application(application: Application, *, by: Actor) -> None:
    """Remove an application; its keys are refused from now on."""
    lock(application)
    _remove(application, "deleted", by=by)


@transaction.atomic
def reject_application(application: Application, *, by: Actor, reason: str = "") -> None:
    """Turn a pending application down: it is removed, and the event keeps ``reason``."""
    lock(application)
    if application.state != _PENDING:
        raise refuse("state", 'cannot transition via "reject"')
    _remove(application, "rejected", by=by, after={"reason": reason})


def _remove(application: Application, what: str, *, by: Actor, **details: dict[str, Any]) -> None:
    tenant, pk = application.tenant, application.pk
    before = {**identity(application), "name": application.name}
    before |= {"plan_id": application.plan_id, "account_id": application.account_id}
    application.delete()
    drop_custom_plans([application.plan_id])
    events.append(tenant, f"application.{what}", pk, by=by, before=before, **details)
