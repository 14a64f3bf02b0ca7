"""Changing applications and their credentials, and the sign-up that makes the first one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.signup import expect, make_account
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import (
    BASE,
    INVALID,
    TAKEN,
    Move,
    change,
    check,
    digest,
    fill,
    lock,
    move,
    refuse,
    seal,
)
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.tenants.models import Tenant

KEYS_MAX = 5
_FIELDS = ("name", "description", "redirect_url", "first_traffic_at", "first_daily_traffic_at")
_USER_KEY = re.compile(r"[A-Za-z0-9_.~:+/=@-]{1,256}")
_APP_KEY = re.compile(r"[\x21-\x7e]{5,255}")
_USER_KEY_BYTES = 16
_APP_KEY_BYTES = 16
_APP_ID_BYTES = 4

_PENDING, _LIVE, _SUSPENDED = Application.State.values
MOVES = {
    "accept": Move(frozenset({_PENDING}), _LIVE, "accepted"),
    "suspend": Move(frozenset({_LIVE}), _SUSPENDED, "suspended"),
    "resume": Move(frozenset({_SUSPENDED}), _LIVE, "resumed"),
}


class SignUp(Struct, frozen=True):
    """What a sign-up made. ``applications``: one for each plan asked for, or default plan."""

    account: Account
    user: User
    applications: tuple[Application, ...]


@transaction.atomic
def sign_up(
    tenant: Tenant,
    *,
    by: Actor,
    plan: ApplicationPlan | None = None,
    **fields: Any,  # noqa: ANN401
) -> SignUp:
    """Make a developer account, its admin user, and an application "API signup".

    The application is on ``plan``, or one on each product's default plan. ``fields`` as for
    ``accounts.services.create_account``. User and account are usable at once.
    """
    expect(fields)
    made = make_account(tenant, fields)
    chosen = [plan] if plan is not None else list(plans.default_plans_of(tenant))
    applications = tuple(
        _make(made.account, each, {"name": "API signup", "description": "API signup"}, keys=())
        for each in chosen
    )
    after = {
        "org_name": made.account.org_name,
        "user_id": made.user.pk,
        "applications": [_identity(each) for each in applications],
    }
    events.append(tenant, "account.created", made.account.pk, by=by, after=after)
    return SignUp(made.account, made.user, applications)


@transaction.atomic
def delete_account(account: Account, *, by: Actor) -> None:
    """Remove a developer account with its users and applications."""
    lock(account)
    tenant, pk = account.tenant, account.pk
    applications = selectors.applications_of(tenant, account)
    before = {
        "org_name": account.org_name,
        "applications": [_identity(each) for each in applications],
    }
    account.delete()
    events.append(tenant, "account.deleted", pk, by=by, before=before)


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
    made up if absent), first_traffic_at, first_daily_traffic_at. Where an application key is
    mandatory and none is given, the first is made.
    """
    application = _make(account, plan, fields, keys=keys)
    after = {**_identity(application), "name": application.name, "state": application.state}
    after |= {"plan_id": application.plan_id, "account_id": application.account_id}
    events.append(application.tenant, "application.created", application.pk, by=by, after=after)
    return application


def _make(
    account: Account, plan: ApplicationPlan, fields: dict[str, Any], *, keys: Iterable[str]
) -> Application:
    if account.tenant_id != plan.tenant_id:
        raise refuse("plan_id", "must be of the same tenant as the account")
    application = Application(
        tenant=account.tenant, account=account, product=plan.product, plan=plan
    )
    application.state = _PENDING if plan.approval_required else _LIVE
    _set_user_key(application, fields.pop("user_key", "") or secrets.token_hex(_USER_KEY_BYTES))
    fields["application_id"] = fields.get("application_id") or secrets.token_hex(_APP_ID_BYTES)
    fill(application, fields, (*_FIELDS, "application_id"))
    application.save()
    _make_keys(application, list(keys))
    return application


def _make_keys(application: Application, keys: list[str]) -> None:
    if not keys and _demands_a_key(application.product):
        keys = [secrets.token_hex(_APP_KEY_BYTES)]
    for value in keys:
        _make_key(application, value)


def _demands_a_key(product: Product) -> bool:
    by_user_key = product.backend_version == Product.BackendVersion.USER_KEY
    return product.mandatory_app_key and not by_user_key


def _set_user_key(application: Application, user_key: str) -> None:
    if not _USER_KEY.fullmatch(user_key):
        raise refuse("user_key", INVALID)
    application.user_key_digest = digest("user_key", str(application.product_id), user_key)
    application.user_key_sealed = seal(user_key, "user_key")


@transaction.atomic
def update_application(application: Application, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change name, description, redirect_url, the times of first traffic, or user_key."""
    lock(application)
    user_key = changes.pop("user_key", None)
    before, after = change(application, changes, _FIELDS)
    if user_key and _replace_user_key(application, user_key):
        after["user_key"] = "changed"
    if after:
        _append(application, "updated", by=by, before=before, after=after)


@transaction.atomic
def regenerate_user_key(application: Application, *, by: Actor) -> None:
    """Replace the user key by a new one; the old one is refused from now on."""
    lock(application)
    _replace_user_key(application, secrets.token_hex(_USER_KEY_BYTES))
    _append(application, "user_key_changed", by=by)


def _replace_user_key(application: Application, user_key: str) -> bool:
    old = application.user_key_digest
    _set_user_key(application, user_key)
    if application.user_key_digest == old:
        return False
    check(application)
    application.save(update_fields=["user_key_digest", "user_key_sealed", "updated_at"])
    return True


@transaction.atomic
def change_state(application: Application, event: str, *, by: Actor) -> None:
    """Do one of ``MOVES``: accept, suspend, resume. Only live applications are authorised."""
    moved = move(application, event, MOVES)
    _append(application, moved.done, by=by, before=moved.before, after=moved.after)


@transaction.atomic
def change_plan(application: Application, plan: ApplicationPlan, *, by: Actor) -> None:
    """Put the application on another plan of its product, at once. Its counters stay."""
    lock(application)
    if plan.product_id != application.product_id:
        raise refuse("plan_id", "must belong to the application's product")
    old = application.plan_id
    if plan.pk == old:
        return
    application.plan = plan
    application.save(update_fields=["plan", "updated_at"])
    before, after = {"plan_id": old}, {"plan_id": plan.pk}
    _append(application, "plan_changed", by=by, before=before, after=after)


@transaction.atomic
def delete_application(application: Application, *, by: Actor) -> None:
    """Remove an application; its keys are refused from now on."""
    lock(application)
    tenant, pk = application.tenant, application.pk
    before = {**_identity(application), "name": application.name}
    before |= {"plan_id": application.plan_id, "account_id": application.account_id}
    application.delete()
    events.append(tenant, "application.deleted", pk, by=by, before=before)


@transaction.atomic
def add_key(application: Application, *, by: Actor, value: str = "") -> ApplicationKey:
    """Add an application key, made up if absent; at most ``KEYS_MAX``."""
    lock(application)
    key = _make_key(application, value or secrets.token_hex(_APP_KEY_BYTES))
    _append(application, "key_created", by=by, after={"key_id": key.pk})
    return key


def _make_key(application: Application, value: str) -> ApplicationKey:
    if not _APP_KEY.fullmatch(value):
        raise refuse("value", INVALID)
    if application.keys.count() >= KEYS_MAX:
        raise refuse(BASE, f"The limit of {KEYS_MAX} keys is reached")
    parts = (str(application.product_id), application.application_id, value)
    found = digest("app_key", *parts)
    if application.keys.filter(digest=found).exists():
        raise refuse("value", TAKEN)
    return ApplicationKey.objects.create(
        tenant=application.tenant,
        application=application,
        digest=found,
        value_sealed=seal(value, "app_key"),
    )


@transaction.atomic
def remove_key(key: ApplicationKey, *, by: Actor) -> None:
    """Remove an application key. Refused for the last one where the product demands one."""
    application, pk = key.application, key.pk
    lock(application)
    lock(key)
    if _demands_a_key(application.product) and application.keys.count() == 1:
        raise refuse(BASE, "The last key cannot be deleted, as the product requires one")
    key.delete()
    _append(application, "key_deleted", by=by, before={"key_id": pk})


def _append(
    application: Application, what: str, *, by: Actor, **details: Mapping[str, Any]
) -> None:
    details["after"] = {**details.get("after", {}), **_identity(application)}
    events.append(application.tenant, f"application.{what}", application.pk, by=by, **details)


def _identity(application: Application) -> dict[str, Any]:
    """Return what the data planes know an application by, for readers when the row is gone."""
    return {"product_id": application.product_id, "application_id": application.application_id}
