"""The newest events that a user may know of, in words: who did what to what, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Backend, Metric, Product
from tollway.portal.console import places
from tollway.portal.console.dashboard.sentences import Fact, sentence
from tollway.portal.console.sight import Sight
from tollway.portal.events import selectors as events
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ApplicationPlan, ServiceSubscription
from tollway.portal.tenants.models import Tenant

LOOKED_AT = 200  # of the newest; a member may be shown few of them
SHOWN = 8
ALIKE = timedelta(hours=1)  # within which events of one kind, by one actor, are told as one

_PLANS, _PARTNERS = User.Section.PLANS, User.Section.PARTNERS
# Into what a member must be let to be told of an object. Of all others, admins are told.
SECTIONS: Mapping[str, User.Section] = {
    **dict.fromkeys(
        ("product", "proxy", "mapping_rule", "metric", "backend", "backend_usage", "limit",
         "pricing_rule", "feature", "application_plan", "service_plan", "account_plan",
         "service_token", "tryout", "wizard"),
        _PLANS,
    ),
    **dict.fromkeys(
        ("account", "application", "bulk_run", "note", "service_subscription"), _PARTNERS
    ),
    "alert": User.Section.MONITORING,
    "level": User.Section.MONITORING,
}  # fmt: skip
# Of these a member who is kept to some products is told, although no product is named.
_OF_NO_PRODUCT = frozenset({"account", "account_plan", "note"})
_IS_PRODUCT = frozenset({"product", "proxy"})  # their objects have the ids of products
_SYSTEM = "system"

Name = tuple[str, str]
"""The kind of an object, and its id as text."""
Named = (
    Account
    | Application
    | ApplicationPlan
    | Backend
    | Metric
    | Product
    | ServiceSubscription
    | User
)


class Item(Struct, frozen=True):
    """One line of the list; ``about`` names the product and who did it."""

    subject: str
    phrase: str
    about: str
    icon: str
    tone: str
    url: str
    at: datetime


class _Alike(Struct):
    """Events that are told as one; the first is the newest."""

    events: list[Event]

    def takes(self, event: Event) -> bool:
        newest = self.events[0]
        return newest.at - event.at <= ALIKE and _key(newest) == _key(event)


def items(sight: Sight) -> list[Item]:
    """Return the newest events in words, newest first."""
    newest = events.events_of(sight.tenant).order_by("-id")[:LOOKED_AT]
    groups = _grouped(event for event in newest if told_to(sight, event))[:SHOWN]
    firsts = [group.events[0] for group in groups]
    names = _names(sight.tenant, firsts)
    return [_item(group, names) for group in groups]


def items_about(sight: Sight, kind: str, pk: int, count: int = SHOWN) -> list[Item]:
    """Return the newest events about one object in words, each by itself, newest first."""
    kinds = [kind, *(other for other, same in _SAME_ROW.items() if same == kind)]
    about = events.events_of(sight.tenant).filter(object_kind__in=kinds, object_id=str(pk))
    newest = [each for each in about.order_by("-id")[:count] if told_to(sight, each)]
    names = _names(sight.tenant, newest)
    return [_item(_Alike([each]), names) for each in newest]


def objects(sight: Sight, count: int) -> list[tuple[str, int]]:
    """Return (kind, id) of the last things that were changed, as far as the user may know."""
    found: dict[tuple[str, int], None] = {}
    for event in events.events_of(sight.tenant).order_by("-id")[:LOOKED_AT]:
        kind = _SAME_ROW.get(event.object_kind, event.object_kind)
        if kind in _OPENED and told_to(sight, event):
            found[kind, int(event.object_id)] = None
        if len(found) == count:
            break
    return list(found)


def told_to(sight: Sight, event: Event) -> bool:
    """Say whether an event is for this user."""
    if sight.user.is_admin:
        return True
    section = SECTIONS.get(event.object_kind)
    if section is None or not sight.into(section):
        return False
    product = product_of(event)
    if product is None:
        return sight.allowed is None or event.object_kind in _OF_NO_PRODUCT
    return sight.shows(product)


def product_of(event: Event) -> int | None:
    """Return the id of the product that an event is about, if it is about one."""
    if event.object_kind in _IS_PRODUCT:
        return int(event.object_id)
    found = event.after.get("product_id") or event.before.get("product_id")
    return int(found) if found else None


def _key(event: Event) -> tuple[str, str, str, int | None]:
    within = None if event.object_kind in _IS_PRODUCT else product_of(event)
    return event.kind, event.actor_kind, event.actor_id, within


def _grouped(found: Iterable[Event]) -> list[_Alike]:
    groups: list[_Alike] = []
    for event in found:
        for group in groups:
            if group.takes(event):
                group.events.append(event)
                break
        else:
            groups.append(_Alike([event]))
    return groups


# Where the name of an object stands; a subscription has none of its own.
_NAMES: Mapping[str, tuple[type[Named], str | Combinable]] = {
    "product": (Product, "name"),
    "backend": (Backend, "name"),
    "account": (Account, "org_name"),
    "application": (Application, "name"),
    "application_plan": (ApplicationPlan, "name"),
    "service_subscription": (ServiceSubscription, Concat(Value("of "), "account__org_name")),
    "metric": (Metric, "friendly_name"),
    "user": (User, "username"),
}
_OPENED = frozenset({"product", "backend", "account", "application"})
_SAME_ROW = {"proxy": "product", "alert": "application", "level": "application"}


def _named(tenant: Tenant, kind: str, ids: set[int]) -> QuerySet[Any, Any]:
    """Ask for (kind, id, name) of those that are still there."""
    model, name = _NAMES[kind]
    found = model.objects.filter(tenant=tenant, pk__in=ids).order_by()
    return found.values_list(Value(kind), "pk", name)


def _names(tenant: Tenant, firsts: Sequence[Event]) -> dict[Name, str]:
    """Look up what objects, products and actors are called, all in one query."""
    wanted: dict[str, set[int]] = {}
    for event in firsts:
        kind = _SAME_ROW.get(event.object_kind, event.object_kind)
        if kind in _NAMES:
            wanted.setdefault(kind, set()).add(int(event.object_id))
        if (product := product_of(event)) is not None:
            wanted.setdefault("product", set()).add(product)
        if event.actor_kind == "user" and event.actor_id.isdigit():
            wanted.setdefault("user", set()).add(int(event.actor_id))
    if not wanted:
        return {}
    first, *others = [_named(tenant, kind, ids) for kind, ids in wanted.items()]
    return {(kind, str(pk)): name for kind, pk, name in first.union(*others, all=True)}


def _item(group: _Alike, names: Mapping[Name, str]) -> Item:
    event = group.events[0]
    kind = _SAME_ROW.get(event.object_kind, event.object_kind)
    objects = len({each.object_id for each in group.events})
    name = names.get((kind, event.object_id), "")
    fact = Fact(event.kind, event.object_id, event.before, event.after, name)
    said = sentence(fact, objects)
    about = [_product_name(event, names), _actor(event, names)]
    return Item(
        subject=said.subject,
        phrase=said.phrase,
        about=", ".join(filter(None, about)),
        icon=said.icon,
        tone=said.tone,
        url=_url(kind, event) if objects == 1 and name else "",
        at=event.at,
    )


def _product_name(event: Event, names: Mapping[Name, str]) -> str:
    if event.object_kind in _IS_PRODUCT:
        return ""  # it is the subject
    return names.get(("product", str(product_of(event))), "")


def _actor(event: Event, names: Mapping[Name, str]) -> str:
    if event.actor_kind == _SYSTEM:
        return ""
    if event.actor_kind == "user":
        return names.get(("user", event.actor_id), "a user who is gone")
    return "by the API"


def _url(kind: str, event: Event) -> str:
    pages = {
        "product": places.integration if event.object_kind == "proxy" else places.product,
        "backend": places.backend,
        "account": places.account,
        "application": places.application,
    }
    page = pages.get(kind)
    return page(int(event.object_id)) if page else ""
