"""The operator's API: tenants, made with their sample data, suspended and deleted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet

from tollway.portal.accounts import services
from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import User
from tollway.portal.accounts.selectors import access_token_by_value, admins_of
from tollway.portal.api.defined import columns, given_fields
from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.provider import ADDRESSES
from tollway.portal.api.params import boolean, integer, mapping, text
from tollway.portal.api.resources.accounts import NewToken
from tollway.portal.api.resources.providers import SIGN_UP, Shown, SignedUp
from tollway.portal.api.runs import find
from tollway.portal.catalog.selectors import products_of
from tollway.portal.catalog.services import delete_product
from tollway.portal.fields import refuse
from tollway.portal.onboarding.services import create_provider
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import providers_of

_ALL = "/master/api/providers"
_ONE = f"{_ALL}/{{id}}"
_LIMITS = (
    integer("max_services", nullable=True),
    integer("max_users", nullable=True),
    boolean("domains_allowed"),
)
_EVENTS = ("make_pending", "approve", "reject", "suspend", "resume")


def _providers(call: Call) -> QuerySet[Tenant]:
    return providers_of(call.tenant)


def _provider(call: Call, name: str = "id") -> Tenant:
    return find(_providers(call), pk=call.id(name))


def _shown(call: Call, tenant: Tenant) -> Shown:
    return Shown(tenant, list(admins_of(tenant)), call.origin)


def _list(call: Call) -> list[SignedUp]:
    """Return them all, at the cost of the same few queries for any number."""
    tenants = _providers(call).select_related("master_account__tenant")
    tenants = tenants.prefetch_related(
        "fieldsdefinitions",
        "master_account__tenant__fieldsdefinitions",
        Prefetch("users", User.objects.filter(account=None).order_by("id"), "admins"),
    )
    return [SignedUp(Shown(each, each.admins, call.origin)) for each in tenants]


def _create(call: Call) -> SignedUp:
    fields: dict[str, Any] = given_fields(call, Target.ACCOUNT, Target.USER)
    made = create_provider(call.tenant, settings.TOLLWAY, by=call.by, **fields)
    token = access_token_by_value(made.tenant, made.token)
    assert token is not None  # noqa: S101  (nobody knows the tenant yet)
    return SignedUp(_shown(call, made.tenant), NewToken(token, made.token))


def _show(call: Call) -> SignedUp:
    return SignedUp(_shown(call, _provider(call)))


@transaction.atomic
def _update(call: Call) -> SignedUp:
    tenant, given = _provider(call), {**call.given}
    event = given.pop("state_event", "")
    if event and event not in _EVENTS:
        raise refuse("state_event", "is not included in the list")
    services.update_tenant(tenant, by=call.by, **given)
    if event:
        services.change_tenant_state(tenant, event, by=call.by)
    return SignedUp(_shown(call, tenant))


def _delete(call: Call) -> None:
    services.change_tenant_state(_provider(call), "schedule_for_deletion", by=call.by)


def _delete_product(call: Call) -> None:
    tenant = _provider(call, "provider_id")
    delete_product(find(products_of(tenant), pk=call.id()), by=call.by)


OPERATIONS: tuple[Operation, ...] = in_section(
    "partners",
    (
        listing(_ALL, "Tenants", SIGN_UP, _list),
        creating(
            _ALL,
            "Make a tenant with its admin, sample data, and an access token that is told only now",
            SIGN_UP,
            _create,
            params=(
                text("org_name", required=True),
                text("username", required=True),
                text("email", required=True),
                text("password", required=True),
                text("subdomain"),
                mapping("annotations"),
                *columns(Target.ACCOUNT, without=("org_name",))[:-1],
                *columns(Target.USER, without=("username", "email")),
            ),
        ),
        showing(_ONE, "One tenant", SIGN_UP, _show),
        updating(
            _ONE,
            "Change addresses, access code, what there may be, or by state_event the state:"
            f" {', '.join(_EVENTS)}",
            SIGN_UP,
            _update,
            params=(*ADDRESSES, *_LIMITS, text("state_event")),
        ),
        deleting(_ONE, "Delete a tenant in 15 days, unless it is resumed", _delete),
        deleting(
            f"{_ALL}/{{provider_id}}/services/{{id}}", "Remove a product of a tenant's",
            _delete_product,
        ),
    ),
    master=True,
)  # fmt: skip
