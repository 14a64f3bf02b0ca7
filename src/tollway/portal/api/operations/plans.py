"""Account plans, service plans and application plans: the same rows for each kind."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

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
from tollway.portal.api.operations.services import allowed, product_of
from tollway.portal.api.params import boolean, integer, number, text
from tollway.portal.api.resource import Resource
from tollway.portal.api.resources.plans import ACCOUNT_PLAN, APPLICATION_PLAN, SERVICE_PLAN
from tollway.portal.api.runs import find, remove
from tollway.portal.catalog.models import Product
from tollway.portal.fields import refuse
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import AccountPlan, ApplicationPlan, ServicePlan
from tollway.portal.tenants.models import Tenant

AnyPlan = AccountPlan | ServicePlan | ApplicationPlan

_TERMS = (
    boolean("approval_required"),
    number("setup_fee"),
    number("cost_per_month"),
    integer("trial_period_days"),
    integer("cancellation_period"),
    text("state_event"),
)
_STATE_EVENTS = {"publish": True, "hide": False}


def account_plan_of(call: Call, name: str = "account_plan_id") -> AccountPlan:
    return find(selectors.account_plans_of(call.tenant), pk=call.id(name))


def service_plan_of(call: Call, name: str = "service_plan_id") -> ServicePlan:
    return find(allowed(call, selectors.service_plans_of(call.tenant)), pk=call.id(name))


def application_plan_of(call: Call, name: str = "application_plan_id") -> ApplicationPlan:
    """Find a plan that the caller may see; custom ones too, by their id."""
    plans = selectors.any_application_plans_of(call.tenant)
    return find(allowed(call, plans), pk=call.id(name))


class _Of:
    """Finds, makes and changes the plans of one kind: all, or those of a product."""

    def __init__(
        self,
        owner: Callable[[Call], Tenant | Product],
        create: Callable[..., AnyPlan],
        listed: Callable[..., QuerySet[Any]],
        known: Callable[..., QuerySet[Any]] | None = None,
    ) -> None:
        self.owner = owner
        self.create_plan = create
        self.listed = listed
        self.known = known or listed
        # What is found but not listed, a custom plan, cannot be the default.
        self.default_errors = (422,) if known else ()

    def _whose(self, call: Call) -> tuple[Tenant] | tuple[Tenant, Product]:
        owner = self.owner(call)
        return (owner,) if isinstance(owner, Tenant) else (owner.tenant, owner)

    def plans(self, call: Call) -> QuerySet[Any]:
        return self.listed(*self._whose(call))

    def plan(self, call: Call) -> AnyPlan:
        plan: AnyPlan = find(self.known(*self._whose(call)), pk=call.id())
        return plan

    def create(self, call: Call) -> AnyPlan:
        return self.create_plan(self.owner(call), by=call.by, **_fields(call))

    def update(self, call: Call) -> AnyPlan:
        plan = self.plan(call)
        services.update_plan(plan, by=call.by, **_fields(call))
        return plan

    def make_default(self, call: Call) -> AnyPlan:
        plan = self.plan(call)
        services.set_default_plan(self.owner(call), plan, by=call.by)
        return plan


def _fields(call: Call) -> dict[str, Any]:
    """Exchange the state event for what it asks for."""
    given = {**call.given}
    if event := given.pop("state_event", ""):
        if event not in _STATE_EVENTS:
            raise refuse("state_event", "is not included in the list")
        given["published"] = _STATE_EVENTS[event]
    return given


def _rows(path: str, resource: Resource, of: _Of, nobody: str) -> tuple[Operation, ...]:
    kind, one = resource.entity.replace("_", " "), f"{path}/{{id}}"
    article = "an" if kind.startswith("a") else "a"
    whose = " of a product" if "{" in path else ""
    return (
        listing(path, f"{kind.capitalize()}s{whose}", resource, of.plans),
        creating(
            path, f"Create {article} {kind}; it is hidden unless state_event is publish", resource,
            of.create,
            params=(text("name", required=True), text("system_name"), *_TERMS),
            wrapper=resource.entity,
        ),
        showing(one, f"One {kind}", resource, of.plan),
        updating(
            one, f"Change {article} {kind}; state_event publishes or hides it", resource, of.update,
            params=(text("name"), *_TERMS),
            wrapper=resource.entity,
        ),
        deleting(
            one, f"Remove {article} {kind} that no {nobody} is on",
            remove(of.plan, services.delete_plan),
        ),
        updating(f"{one}/default", f"Make it the default {kind}", resource, of.make_default)
        .refusing(*of.default_errors),
    )  # fmt: skip


_tenant = attrgetter("tenant")
_OF_ACCOUNTS = _Of(_tenant, services.create_account_plan, selectors.account_plans_of)
_OF_SERVICES = _Of(product_of, services.create_service_plan, selectors.service_plans_of)
_OF_APPLICATIONS = _Of(
    product_of,
    services.create_application_plan,
    selectors.application_plans_of,
    selectors.any_application_plans_of,
)
_OF_A_PRODUCT = "/admin/api/services/{service_id}"

OPERATIONS: tuple[Operation, ...] = (
    *in_section(
        "partners", _rows("/admin/api/account_plans", ACCOUNT_PLAN, _OF_ACCOUNTS, "account")
    ),
    *in_section(
        "plans",
        (
            listing(
                "/admin/api/service_plans",
                "Service plans of all products",
                SERVICE_PLAN,
                lambda call: allowed(call, selectors.service_plans_of(call.tenant)),
            ),
            *_rows(f"{_OF_A_PRODUCT}/service_plans", SERVICE_PLAN, _OF_SERVICES, "subscription"),
            listing(
                "/admin/api/application_plans",
                "Application plans of all products",
                APPLICATION_PLAN,
                lambda call: allowed(call, selectors.application_plans_of(call.tenant)),
            ),
            *_rows(
                f"{_OF_A_PRODUCT}/application_plans",
                APPLICATION_PLAN,
                _OF_APPLICATIONS,
                "application",
            ),
        ),
    ),
)
