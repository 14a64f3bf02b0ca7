"""Letters about subscriptions, and about the plans of accounts (feature map, NO3, NO9 to NO12).

Developers hear of what is decided about them; admins of what developers do, if they asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import products_of
from tollway.portal.events.models import Event
from tollway.portal.mail.letters import Value
from tollway.portal.notices.telling import (
    Notice,
    Told,
    active_admins,
    is_by_account,
    who_may_see,
    wishing,
)
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import contract_of, subscriptions_of
from tollway.portal.tenants.hosts import admin_url, developer_url

_PENDING = ServiceSubscription.State.PENDING
_NAMED = 10

Tell = Callable[[Event], Told | None]


class _Contract(Struct, frozen=True):
    """An account and a product, whose subscription may be gone. ``plan``: "" then."""

    account: Account
    product: Product
    plan: str


def waiting_of(account: Account) -> str:
    """Return to which products the account's subscriptions wait, as text; "" for none."""
    waiting = subscriptions_of(account.tenant, account).filter(state=_PENDING)
    return ", ".join(each.product.name for each in waiting[:_NAMED])


def _contract(event: Event) -> _Contract | None:
    """Find what a subscription's event is about: by the row, or by the event where it is gone."""
    subscription = subscriptions_of(event.tenant).filter(pk=event.object_id).first()
    if subscription is not None:
        return _Contract(subscription.account, subscription.product, subscription.plan.name)
    gone = event.before if event.kind.endswith(".deleted") else {}
    account = accounts.accounts_of(event.tenant).filter(pk=gone.get("account_id", 0)).first()
    product = products_of(event.tenant).filter(pk=gone.get("product_id", 0)).first()
    return _Contract(account, product, "") if account and product else None


def _about(contract: _Contract) -> dict[str, Value]:
    return {
        "account": contract.account.org_name,
        "product": contract.product.name,
        "plan": contract.plan,
    }


def _developers(event: Event) -> Told | None:
    contract = _contract(event)
    if contract is None:
        return None
    shown = event.tenant.settings.service_plans_ui_visible and contract.plan
    page = f"/admin/service_contracts/{event.object_id}" if shown else "/admin"
    url = developer_url(event.tenant, page)
    return Told(active_admins(contract.account), {**_about(contract), "url": url})


def _waited(told: Tell, *, waits: bool) -> Tell:
    """Tell only of what waits for approval, or waited when it went; or only of the rest."""

    def only(event: Event) -> Told | None:
        state = event.after.get("state", event.before.get("state"))
        return told(event) if (state == _PENDING) is waits else None

    return only


def _done_by(side: str, told: Tell) -> Tell:
    """Tell only of what was done by users of the account ("account"), or by others ("provider")."""

    def only(event: Event) -> Told | None:
        contract = _contract(event)
        if contract is None:
            return None
        is_theirs = is_by_account(event, contract.account)
        return told(event) if is_theirs is (side == "account") else None

    return only


def _admins(notification: str) -> Tell:
    """Tell admins of a subscription; the link leads to it, or, if it is gone, to the account."""

    def told(event: Event) -> Told | None:
        contract = _contract(event)
        if contract is None:
            return None
        page = f"/buyers/service_contracts/{event.object_id}"
        if not contract.plan:
            page = f"/buyers/accounts/{contract.account.pk}"
        values: dict[str, Value] = {
            "waits": event.after.get("state") == _PENDING,
            "wish": event.after.get("plan", ""),
            "url": admin_url(event.tenant, page),
        }
        users = who_may_see(contract.product.pk, wishing(event, notification))
        return Told(users, {**_about(contract), **values})

    return told


def _account_plan(event: Event) -> tuple[Account, str] | None:
    """Return an account, and the name of its plan."""
    account = accounts.accounts_of(event.tenant).filter(pk=event.object_id).first()
    contract = account and contract_of(event.tenant, account)
    return (account, contract.plan.name) if account and contract else None


def _developers_of_account_plan(event: Event) -> Told | None:
    found = _account_plan(event)
    if found is None:
        return None
    account, plan = found
    url = developer_url(event.tenant, "/admin/account")
    return Told(active_admins(account), {"account": account.org_name, "plan": plan, "url": url})


def _admins_of_account_plan(event: Event) -> Told | None:
    found = _account_plan(event)
    if found is None:
        return None
    account, plan = found
    values: dict[str, Value] = {
        "account": account.org_name,
        "plan": plan,
        "wish": event.after["plan"],
        "url": admin_url(event.tenant, f"/buyers/accounts/{account.pk}"),
    }
    return Told(wishing(event, "account_plan_change_requested"), values)


_BY_PROVIDER = _done_by("provider", _developers)


def _admins_of_theirs(notification: str) -> Tell:
    return _done_by("account", _admins(notification))


NOTICES: Mapping[str, tuple[Notice, ...]] = {
    "service_subscription.created": (
        Notice("admin_subscription_created", _admins("service_contract_created")),
        Notice("subscription_waiting", _waited(_developers, waits=True)),
        Notice("subscription_created", _waited(_BY_PROVIDER, waits=False)),
    ),
    "service_subscription.accepted": (Notice("subscription_accepted", _developers),),
    "service_subscription.suspended": (Notice("subscription_suspended", _developers),),
    "service_subscription.resumed": (Notice("subscription_resumed", _developers),),
    "service_subscription.deleted": (
        Notice("admin_subscription_ended", _admins_of_theirs("service_contract_cancellation")),
        Notice("subscription_rejected", _waited(_BY_PROVIDER, waits=True)),
        Notice("subscription_ended", _waited(_BY_PROVIDER, waits=False)),
    ),
    "service_subscription.plan_changed": (
        Notice(
            "admin_subscription_plan_changed", _admins_of_theirs("service_contract_plan_changed")
        ),
        Notice("subscription_plan_changed", _developers),
    ),
    "service_subscription.plan_requested": (
        Notice("admin_service_plan_requested", _admins("service_plan_change_requested")),
    ),
    "account.plan_changed": (Notice("account_plan_changed", _developers_of_account_plan),),
    "account.plan_requested": (Notice("admin_account_plan_requested", _admins_of_account_plan),),
}
