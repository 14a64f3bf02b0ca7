"""From an event to the letters that it calls for (feature map, AC4, EM2, EM6, NO).

`NOTICES` has a row for each kind of event that is told. A row names a template and a function that
finds, in the rows as they are now, who is told and what the letter says; None if nobody is.
Letters with single-use links are not here: whoever makes the link writes the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.notifications import switches
from tollway.portal.accounts.single_use import audience_of
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.selectors import products_of
from tollway.portal.events.models import Event
from tollway.portal.mail.letters import Value
from tollway.portal.mail.models import Audience
from tollway.portal.tenants.hosts import admin_url, developer_url

SIGN_IN = {Audience.ADMIN: "/p/login", Audience.DEVELOPER: "/login"}


class Told(Struct, frozen=True):
    """``users`` are of one side."""

    users: Iterable[User]
    values: Mapping[str, Value]


class Notice(Struct, frozen=True):
    template: str
    told: Callable[[Event], Told | None]


def notices_of(event: Event) -> tuple[Notice, ...]:
    return NOTICES.get(event.kind, ())


def _account(event: Event) -> Account | None:
    return accounts.accounts_of(event.tenant).filter(pk=event.object_id).first()


def _user(event: Event) -> User | None:
    users = event.tenant.users.select_related("account")
    return users.filter(pk=event.object_id).first()


def _application(event: Event) -> Application | None:
    found = applications_of(event.tenant).filter(pk=event.object_id)
    return found.select_related("account", "product", "plan").first()


def _active_admins(account: Account) -> list[User]:
    users = accounts.users_of(account.tenant, account)
    return list(users.filter(role=User.Role.ADMIN, state=User.State.ACTIVE).exclude(email=""))


def _developers_of_account(event: Event) -> Told | None:
    account = _account(event)
    if account is None:
        return None
    url = developer_url(event.tenant, SIGN_IN[Audience.DEVELOPER])
    return Told(_active_admins(account), {"account": account.org_name, "url": url})


def _no_link(told: Callable[[Event], Told | None]) -> Callable[[Event], Told | None]:
    """Leave out where to go: there is nothing to be done there."""

    def without(event: Event) -> Told | None:
        found = told(event)
        return found and Told(found.users, {**found.values, "url": ""})

    return without


def _if_pending(told: Callable[[Event], Told | None]) -> Callable[[Event], Told | None]:
    """Tell only of what was made pending."""

    def only(event: Event) -> Told | None:
        return told(event) if event.after.get("state") == "pending" else None

    return only


def _activated(event: Event) -> Told | None:
    """Tell a developer who has confirmed the address that the account is not approved yet."""
    user = _user(event)
    if user is None or user.account is None or user.account.state != Account.State.PENDING:
        return None
    return Told([user], {"account": user.account.org_name})


def _password(event: Event) -> Told | None:
    user = _user(event) if "password" in event.after else None
    if user is None or not user.email:
        return None
    audience = audience_of(user)
    url = admin_url if audience is Audience.ADMIN else developer_url
    values = {"username": user.username, "url": url(event.tenant, SIGN_IN[audience])}
    return Told([user], values)


def _about(application: Application) -> dict[str, Value]:
    return {
        "account": application.account.org_name,
        "application": application.name,
        "product": application.product.name,
        "plan": application.plan.name,
    }


def _developers_of_application(event: Event) -> Told | None:
    application = _application(event)
    if application is None:
        return None
    url = developer_url(event.tenant, f"/admin/applications/{application.pk}")
    return Told(_active_admins(application.account), {**_about(application), "url": url})


def _rejected(event: Event) -> Told | None:
    """Read from the event what it was: the application is gone."""
    gone = event.before
    account = accounts.accounts_of(event.tenant).filter(pk=gone["account_id"]).first()
    product = products_of(event.tenant).filter(pk=gone["product_id"]).first()
    if account is None or product is None:
        return None
    reason = event.after.get("reason", "")
    values = {"application": gone["name"], "product": product.name, "reason": reason}
    return Told(_active_admins(account), values)


def _wishing(event: Event, notification: str) -> list[User]:
    """Return the tenant's own users who have asked to be told of this."""
    users = accounts.admins_of(event.tenant).filter(state=User.State.ACTIVE).exclude(email="")
    partners = User.Section.PARTNERS
    return [
        user
        for user in users
        if switches(user.notifications)[notification] and user.permitted(partners)
    ]


def _admins_of_new_account(event: Event) -> Told | None:
    account = _account(event)
    if account is None:
        return None
    url = admin_url(event.tenant, f"/buyers/accounts/{account.pk}")
    waits = event.after.get("state") == "pending"
    values: dict[str, Value] = {"account": account.org_name, "waits": waits, "url": url}
    return Told(_wishing(event, "account_created"), values)


def _admins_of_new_application(event: Event) -> Told | None:
    application = _application(event)
    if application is None:
        return None
    product = application.product_id
    users = [
        user
        for user in _wishing(event, "application_created")
        if (allowed := user.allowed_products()) is None or product in allowed
    ]
    url = admin_url(event.tenant, f"/p/admin/applications/{application.pk}")
    waits = event.after.get("state") == "pending"
    return Told(users, {**_about(application), "waits": waits, "url": url})


NOTICES: Mapping[str, tuple[Notice, ...]] = {
    "account.created": (
        Notice("admin_account_created", _admins_of_new_account),
        Notice("account_waiting", _no_link(_if_pending(_developers_of_account))),
    ),
    "account.made_pending": (Notice("account_waiting", _no_link(_developers_of_account)),),
    "account.approved": (Notice("account_approved", _developers_of_account),),
    "account.rejected": (Notice("account_rejected", _no_link(_developers_of_account)),),
    "account.suspended": (Notice("account_suspended", _no_link(_developers_of_account)),),
    "account.resumed": (Notice("account_resumed", _developers_of_account),),
    "user.activated": (Notice("account_waiting", _activated),),
    "user.updated": (Notice("password_changed", _password),),
    "application.created": (
        Notice("admin_application_created", _admins_of_new_application),
        Notice("application_waiting", _no_link(_if_pending(_developers_of_application))),
    ),
    "application.accepted": (Notice("application_accepted", _developers_of_application),),
    "application.rejected": (Notice("application_rejected", _rejected),),
    "application.suspended": (
        Notice("application_suspended", _no_link(_developers_of_application)),
    ),
    "application.resumed": (Notice("application_resumed", _developers_of_application),),
    "application.plan_changed": (Notice("plan_changed", _developers_of_application),),
    "application.key_created": (Notice("key_created", _developers_of_application),),
    "application.key_deleted": (Notice("key_deleted", _developers_of_application),),
}
