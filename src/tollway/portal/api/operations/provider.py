"""The tenant itself: its account, its settings, and whether an object of its is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404
from msgspec import Struct

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.services import SETTINGS_FIELDS
from tollway.portal.api.operation import Call, Failure, Operation, in_section, showing, updating
from tollway.portal.api.params import Param, boolean, integer, text
from tollway.portal.api.resources.providers import PROVIDER, SETTINGS, Shown
from tollway.portal.api.runs import find
from tollway.portal.catalog.selectors import backends_of, products_of
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services.approval import APPROVAL, require_approval
from tollway.portal.tenants.models import Tenant, TenantSettings

ADDRESSES: tuple[Param, ...] = (
    text("from_email"),
    text("support_email"),
    text("finance_support_email"),
    text("site_access_code"),
)
_OBJECTS: Mapping[str, Callable[[Tenant], QuerySet[Any]]] = {
    "service": products_of,
    "proxy": products_of,  # a product has one, under the product's id
    "account": selectors.accounts_of,
    "backend_api": backends_of,
}


class _Settings(Struct, frozen=True):
    settings: TenantSettings
    approval_required: bool


def _provider(call: Call) -> Shown:
    return Shown(call.tenant, list(selectors.admins_of(call.tenant)), call.origin)


def _update_provider(call: Call) -> Shown:
    services.update_tenant(call.tenant, by=call.by, **call.given)
    return _provider(call)


def _settings(call: Call) -> _Settings:
    plan = default_account_plan_of(call.tenant)
    return _Settings(call.tenant.settings, plan is not None and plan.approval_required)


@transaction.atomic
def _update_settings(call: Call) -> _Settings:
    """Change them; whether accounts wait for approval is the default account plan's to say."""
    given = {**call.given}
    approval = given.pop(APPROVAL, None)
    services.update_settings(call.tenant, by=call.by, **given)
    if approval is not None:
        require_approval(call.tenant, by=call.by, required=approval)
    return _settings(call)


def _status(call: Call) -> Failure | None:
    if call.caller.user is None:
        return Failure(403, "only for access tokens of admins")
    objects = _OBJECTS.get(call.given["object_type"])
    if objects is None:
        raise Http404
    found: Model = find(objects(call.tenant), pk=call.given["object_id"])
    assert found.pk is not None  # noqa: S101  (it is there: that is the answer)
    return None


OPERATIONS: tuple[Operation, ...] = (
    *in_section(
        "settings",
        (
            showing("/admin/api/provider", "The tenant's own account", PROVIDER, _provider),
            updating(
                "/admin/api/provider",
                "Change addresses, or the code without which the developer portal stays closed",
                PROVIDER,
                _update_provider,
                params=ADDRESSES,
                wrapper="account",
            ),
            showing("/admin/api/settings", "What developers may see and do", SETTINGS, _settings),
            updating(
                "/admin/api/settings",
                "Change what developers may see and do",
                SETTINGS,
                _update_settings,
                params=(
                    *(
                        text(name) if name.endswith("_permission") else boolean(name)
                        for name in SETTINGS_FIELDS
                    ),
                    boolean(APPROVAL),
                ),
                wrapper="settings",
            ),
        ),
    ),
    Operation(
        "GET",
        "/admin/api/objects/status",
        "Whether a service, account, proxy or backend_api is there: 200, else 404",
        _status,
        params=(text("object_type", required=True), integer("object_id", required=True)),
    ).refusing(404),
)
