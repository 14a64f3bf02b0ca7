"""What the pages about applications say, as plain values: no row of ours reaches a template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import former_user_keys_of, keys_of
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.standing.selectors import Standing, standing_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.calls import credentials_for, curl, public_endpoint

SHOWN_LENGTH = 4
TONES = {"live": "go", "pending": "wait", "suspended": "stop", "deprecated": "quiet"}


class Summary(Struct, frozen=True):
    """An application in a list. ``tone`` colours its state."""

    id: int
    name: str
    product: str
    plan: str
    state: str
    tone: str
    made_at: int


class Key(Struct, frozen=True):
    """``ends_at``: of one that was replaced, in seconds since the epoch; 0 for good."""

    id: int
    value: str
    ends_at: int


class Credentials(Struct, frozen=True):
    """``mode``: "user_key", "app_id" (with keys), "oidc" (id and secret).

    ``former_until`` are the moments until which replaced user keys go on working.
    """

    mode: str
    user_key: str
    app_id: str
    keys: tuple[Key, ...]
    former_until: tuple[int, ...]


class Limit(Struct, frozen=True):
    """``value`` 0: the metric is off in this plan. ``ends_at`` 0: never."""

    name: str
    period: str
    used: int
    value: int
    refused: int
    ends_at: int


class Call(Struct, frozen=True):
    """A line for a shell, and the same with its credentials masked."""

    line: str
    masked: str


class Rights(Struct, frozen=True):
    """What the product lets developers do with credentials."""

    regenerate: bool
    manage_keys: bool
    custom_keys: bool


class Referrers(Struct, frozen=True):
    """From where calls may come: ``rows`` are ids and texts."""

    rows: tuple[tuple[int, str], ...]
    may_add: bool
    may_remove: bool


class Detail(Struct, frozen=True):
    """Everything of one application. ``limits`` is None while nothing is known of them."""

    summary: Summary
    description: str
    credentials: Credentials
    rights: Rights
    call: Call | None
    limits: tuple[Limit, ...] | None


def summary_of(application: Application) -> Summary:
    state = application.state
    return Summary(
        application.pk,
        application.name,
        application.product.name,
        application.plan.terms.name,
        str(Application.State(state).label),
        TONES[state],
        int(application.created_at.timestamp()),
    )


def detail_of(tenant: Tenant, application: Application) -> Detail:
    product, rights = application.product, rights_of(application)
    return Detail(
        summary=summary_of(application),
        description=application.description,
        credentials=_credentials(tenant, application),
        rights=rights,
        call=_call(tenant, product, application),
        limits=_limits(standing_of([application]), application.pk),
    )


class Value(Struct, frozen=True):
    """A field that the organisation has defined, and what stands in it."""

    label: str
    text: str


def values_of(application: Application) -> tuple[Value, ...]:
    """Return what the developer may see of the fields that the organisation has defined."""
    rows = definitions_of(application.tenant, Target.APPLICATION)
    own = {"name", "description"}
    texts = (
        (row.label, application.extra_fields.get(row.name) or getattr(application, row.name, ""))
        for row in rows
        if not row.hidden and row.name not in own
    )
    return tuple(Value(label, str(text)) for label, text in texts if text)


def rights_of(application: Application) -> Rights:
    product = application.product
    usable = application.state == Application.State.LIVE
    return Rights(
        regenerate=usable and product.buyer_key_regenerate_enabled,
        manage_keys=usable and product.buyers_manage_keys,
        custom_keys=product.custom_keys_enabled,
    )


def _credentials(tenant: Tenant, application: Application) -> Credentials:
    mode = Product.BackendVersion(application.product.backend_version)
    if mode is Product.BackendVersion.USER_KEY:
        former = former_user_keys_of(tenant, application).values_list("expires_at", flat=True)
        until = tuple(int(at.timestamp()) for at in former)
        return Credentials("user_key", application.user_key, "", (), until)
    keys = tuple(
        Key(key.pk, key.value, int(key.expires_at.timestamp()) if key.expires_at else 0)
        for key in keys_of(tenant, application)
    )
    name = "oidc" if mode is Product.BackendVersion.OIDC else "app_id"
    return Credentials(name, "", application.application_id, keys, ())


def _call(tenant: Tenant, product: Product, application: Application) -> Call | None:
    """Return a first call where the product is served: production rather than staging."""
    if application.state != Application.State.LIVE:
        return None
    proxy = proxy_of(tenant, product)
    endpoint = public_endpoint(tenant, product, proxy)
    if not endpoint:
        return None
    shown = credentials_for(tenant, product, proxy, application)
    masked = {name: masked_key(value) for name, value in shown.items()}
    path = proxy.api_test_path
    line = curl(endpoint, path, proxy, shown)
    return Call(line, line if not shown else _put(line, shown, masked))


def _put(line: str, shown: Mapping[str, str], masked: Mapping[str, str]) -> str:
    for name, value in shown.items():
        line = line.replace(value, masked[name])
    return line


def masked_key(value: str) -> str:
    return f"{value[:SHOWN_LENGTH]}…"


def _limits(found: Mapping[int, Iterable[Standing]], pk: int) -> tuple[Limit, ...] | None:
    if pk not in found:
        return None
    return tuple(
        Limit(
            row.metric.name,
            str(row.period),
            row.used,
            row.value,
            row.refused,
            row.ends_at or 0,
        )
        for row in found[pk]
    )
