"""From an event to the letters that it calls for (feature map, AC4, EM2, EM6, NO).

`NOTICES` has a row for each kind of event that is told. A row names a template and a function that
finds, in the rows as they are now, who is told and what the letter says; None if nobody is.
Letters with single-use links are not here: whoever makes the link writes the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tollway.core.periods import per
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.single_use import audience_of
from tollway.portal.alerts.models import VIOLATION_FROM
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.models import Metric
from tollway.portal.catalog.selectors import products_of
from tollway.portal.events.models import Event
from tollway.portal.mail.letters import Value
from tollway.portal.mail.models import Audience
from tollway.portal.notices import contracts
from tollway.portal.notices.telling import (
    Notice,
    Told,
    active_admins,
    is_by_account,
    who_may_see,
    wishing,
)
from tollway.portal.tenants.hosts import admin_url, developer_url

SIGN_IN = {Audience.ADMIN: "/p/login", Audience.DEVELOPER: "/login"}


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


def _developers_of_account(event: Event) -> Told | None:
    account = _account(event)
    if account is None:
        return None
    url = developer_url(event.tenant, SIGN_IN[Audience.DEVELOPER])
    return Told(active_admins(account), {"account": account.org_name, "url": url})


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
    return Told(active_admins(application.account), {**_about(application), "url": url})


def _rejected(event: Event) -> Told | None:
    """Read from the event what it was: the application is gone."""
    gone = event.before
    account = accounts.accounts_of(event.tenant).filter(pk=gone["account_id"]).first()
    product = products_of(event.tenant).filter(pk=gone["product_id"]).first()
    if account is None or product is None:
        return None
    reason = event.after.get("reason", "")
    values = {"application": gone["name"], "product": product.name, "reason": reason}
    return Told(active_admins(account), values)


def _admins_of_new_account(event: Event) -> Told | None:
    account = _account(event)
    if account is None:
        return None
    url = admin_url(event.tenant, f"/buyers/accounts/{account.pk}")
    waits = event.after.get("state") == "pending"
    pending = contracts.waiting_of(account)
    values: dict[str, Value] = {"account": account.org_name, "waits": waits, "pending": pending}
    return Told(wishing(event, "account_created"), {**values, "url": url})


def _admins_of_new_application(event: Event) -> Told | None:
    application = _application(event)
    if application is None:
        return None
    users = who_may_see(application.product_id, wishing(event, "application_created"))
    url = admin_url(event.tenant, f"/p/admin/applications/{application.pk}")
    waits = event.after.get("state") == "pending"
    return Told(users, {**_about(application), "waits": waits, "url": url})


def _admins_of_wish(event: Event) -> Told | None:
    """Tell of a developer who asks for another plan; the link leads to where it is changed."""
    application = _application(event)
    if application is None:
        return None
    path = f"/p/admin/applications/{application.pk}/plan?plan={event.after['plan_id']}"
    users = who_may_see(application.product_id, wishing(event, "application_plan_change_requested"))
    values = {**_about(application), "wish": event.after["plan"]}
    return Told(users, {**values, "url": admin_url(event.tenant, path)})


def _admins_of_lost_application(event: Event) -> Told | None:
    """Tell of an application that its developer deleted: read from the event, for it is gone."""
    gone = event.before
    account = accounts.accounts_of(event.tenant).filter(pk=gone["account_id"]).first()
    if account is None or not is_by_account(event, account):
        return None
    users = who_may_see(gone["product_id"], wishing(event, "cinstance_cancellation"))
    url = admin_url(event.tenant, f"/buyers/accounts/{account.pk}")
    return Told(users, {"account": account.org_name, "application": gone["name"], "url": url})


_WARNING = "limit_alert_reached_provider"


def _level(event: Event, application: Application, channel: str) -> dict[str, Value] | None:
    """Say which level was newly reached that the channel watches; None if none was."""
    watched = application.product.notification_settings.get(channel, ())
    level = max((n for n in watched if event.after["above"] < n <= event.after["level"]), default=0)
    if not level:
        return None
    metric = Metric.objects.filter(tenant=event.tenant, pk=event.after["metric_id"]).first()
    name = metric.friendly_name if metric else "A limit"
    return {
        **_about(application),
        "level": level,
        "violation": level >= VIOLATION_FROM,
        "limit": f"{name} {per(event.after['period'])}",
        "used": event.after["used"],
        "maximum": event.after["maximum"],
    }


def _admins_of_level(event: Event) -> Told | None:
    application = _application(event)
    values = application and _level(event, application, "email_provider")
    if not application or not values:
        return None
    kind = "limit_violation_reached_provider" if values["violation"] else _WARNING
    users = who_may_see(application.product_id, wishing(event, kind, User.Section.MONITORING))
    url = admin_url(event.tenant, f"/apiconfig/services/{application.product_id}/alerts")
    return Told(users, {**values, "url": url})


def _developers_of_level(event: Event) -> Told | None:
    application = _application(event)
    values = application and _level(event, application, "email_buyer")
    if not application or not values:
        return None
    url = developer_url(event.tenant, f"/admin/applications/{application.pk}")
    return Told(active_admins(application.account), {**values, "url": url})


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
    "application.plan_requested": (Notice("admin_plan_requested", _admins_of_wish),),
    "application.deleted": (Notice("admin_application_deleted", _admins_of_lost_application),),
    "application.key_created": (Notice("key_created", _developers_of_application),),
    "level.reached": (
        Notice("admin_level_reached", _admins_of_level),
        Notice("level_reached", _developers_of_level),
    ),
    "application.key_deleted": (Notice("key_deleted", _developers_of_application),),
    **contracts.NOTICES,
}
