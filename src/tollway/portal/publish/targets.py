"""Which snapshots an event touches. Only this table knows both the log's words and the store's.

A target says *what to make equal to SQL*, not how it changed: it is looked up when it is published,
so the order and the number of events do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from tollway.portal.events.models import Event

# These change nothing that a data plane knows, and every application has one each day.
_OF_TRAFFIC = frozenset({"application.first_traffic", "application.first_daily_traffic"})


class Targets(Struct):
    """Ids of rows; ``named`` applications by product and application id, as they may be gone."""

    products: set[int] = field(default_factory=set)
    configurations: set[int] = field(default_factory=set)  # by product
    tenants: set[int] = field(default_factory=set)
    configurations_of_tenants: set[int] = field(default_factory=set)
    old_provider_keys: set[str] = field(default_factory=set)  # digests
    old_service_tokens: set[tuple[int, str]] = field(default_factory=set)  # product, digest
    of_backends: set[int] = field(default_factory=set)  # all products that use them
    named: set[tuple[int, str]] = field(default_factory=set)
    left: set[tuple[int, str, int]] = field(default_factory=set)  # named, and the plan it was on
    applications_of_products: set[int] = field(default_factory=set)
    applications_of_plans: set[int] = field(default_factory=set)
    applications_of_accounts: set[int] = field(default_factory=set)
    applications_of_tenants: set[int] = field(default_factory=set)


def targets_of(events: Iterable[Event]) -> Targets:
    """Return what these events touch. Events of objects that no data plane knows add nothing."""
    targets = Targets()
    for event in events:
        if event.kind in _OF_TRAFFIC:
            continue
        if touch := _TOUCH.get(event.object_kind):
            touch(targets, event)
    return targets


def _told(event: Event) -> Mapping[str, Any]:
    """Return what an event says of its object: as it is now or, if it is gone, as it was."""
    return {**event.before, **event.after}


def _tenant(targets: Targets, event: Event) -> None:
    """Take the applications if all of them may differ; of a deleted tenant, its products."""
    targets.tenants.add(int(event.object_id))
    if "state" in event.after or event.kind == "tenant.filled":
        targets.applications_of_tenants.add(int(event.object_id))
    if "developer_domain" in event.after:  # whose pages may call the products
        targets.configurations_of_tenants.add(int(event.object_id))
    targets.old_provider_keys.update(event.before.get("provider_key_digests", ()))
    targets.products.update(event.before.get("products", ()))


def _account(targets: Targets, event: Event) -> None:
    targets.applications_of_accounts.add(int(event.object_id))
    for application in _told(event).get("applications", ()):
        _named(targets, application)


def _product(targets: Targets, event: Event) -> None:
    product = int(event.object_id)
    targets.products.add(product)
    targets.tenants.add(event.tenant_id)  # whose first product answers for a provider key
    if "backend_version" in event.after:
        targets.applications_of_products.add(product)


def _of_owner(targets: Targets, event: Event) -> None:
    told = _told(event)
    if told.get("product_id") is not None:
        targets.products.add(told["product_id"])
    elif told.get("backend_id") is not None:
        targets.of_backends.add(told["backend_id"])


def _of_product(targets: Targets, event: Event) -> None:
    targets.products.add(_told(event)["product_id"])


def _service_token(targets: Targets, event: Event) -> None:
    _of_product(targets, event)
    if digest := event.before.get("digest"):
        targets.old_service_tokens.add((event.before["product_id"], digest))


def _plan(targets: Targets, event: Event) -> None:
    _of_product(targets, event)
    if "name" in event.after:  # a record shows the name of its plan
        targets.applications_of_plans.add(int(event.object_id))


def _proxy(targets: Targets, event: Event) -> None:
    """Take the product too: an update may have given it a backend, whose metrics count."""
    targets.configurations.add(int(event.object_id))
    targets.products.add(int(event.object_id))


def _application(targets: Targets, event: Event) -> None:
    told = _told(event)
    _named(targets, {**told, "plan_id": event.before.get("plan_id")})
    if event.kind == "application.plan_customized":
        targets.products.add(told["product_id"])  # which has a plan more


def _subscription(targets: Targets, event: Event) -> None:
    for application in _told(event).get("applications", ()):
        _named(targets, application)


def _named(targets: Targets, application: Mapping[str, Any]) -> None:
    """Take an application, and the plan that it has left, which may have gone with it."""
    name = (application["product_id"], application["application_id"])
    targets.named.add(name)
    if (plan := application.get("plan_id")) is not None:
        targets.left.add((*name, plan))


_TOUCH: Mapping[str, Callable[[Targets, Event], None]] = {
    "tenant": _tenant,
    "account": _account,
    "product": _product,
    "metric": _of_owner,
    "backend_usage": _of_product,
    "service_token": _service_token,
    "application_plan": _plan,
    "limit": _of_product,
    "proxy": _proxy,
    "application": _application,
    "service_subscription": _subscription,
}
