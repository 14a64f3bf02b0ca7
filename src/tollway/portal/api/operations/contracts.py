"""Which plans accounts are on: their own, those of products they subscribe to, and buying them."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    moving,
    showing,
    updating,
)
from tollway.portal.api.operations.accounts import account_of
from tollway.portal.api.operations.services import allowed
from tollway.portal.api.params import integer, text
from tollway.portal.api.resources.contracts import SERVICE_CONTRACT, SERVICE_SUBSCRIPTION
from tollway.portal.api.resources.plans import ACCOUNT_PLAN, APPLICATION_PLAN, SERVICE_PLAN
from tollway.portal.api.runs import chosen, find, remove, transition
from tollway.portal.applications.selectors import applications_of
from tollway.portal.applications.services import (
    change_subscription_state,
    create_application,
    unsubscribe,
)
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import (
    AccountPlan,
    ApplicationPlan,
    ServicePlan,
    ServiceSubscription,
)

_ACCOUNTS = "/admin/api/accounts"
_ACCOUNT = f"{_ACCOUNTS}/{{account_id}}"
_SUBSCRIPTIONS = f"{_ACCOUNT}/service_subscriptions"
_SUBSCRIPTION = f"{_SUBSCRIPTIONS}/{{id}}"
_CONTRACTS = f"{_ACCOUNT}/service_contracts"
_PLAN_ID = (integer("plan_id", required=True),)

M = TypeVar("M", bound=Model)


def _chosen(call: Call, plans: QuerySet[M]) -> M:
    return chosen(plans, "plan_id", call.given["plan_id"])


def _account_plan(call: Call) -> AccountPlan:
    contract = selectors.contract_of(call.tenant, account_of(call))
    if contract is None:
        raise Http404
    return contract.plan


def _change_account_plan(call: Call) -> AccountPlan:
    account = account_of(call, "id")
    plan = _chosen(call, selectors.account_plans_of(call.tenant))
    services.change_account_plan(account, plan, by=call.by)
    return plan


def _subscriptions(call: Call) -> QuerySet[ServiceSubscription]:
    return allowed(call, selectors.subscriptions_of(call.tenant, account_of(call)))


def _subscription(call: Call) -> ServiceSubscription:
    return find(_subscriptions(call), pk=call.id())


def _service_plans(call: Call) -> QuerySet[ServicePlan]:
    return allowed(call, selectors.service_plans_of(call.tenant))


def _subscribe(call: Call) -> ServiceSubscription:
    account = account_of(call)
    return services.subscribe(account, _chosen(call, _service_plans(call)), by=call.by)


def _change_service_plan(call: Call) -> ServicePlan:
    subscription = _subscription(call)
    plan = _chosen(call, _service_plans(call))
    services.change_service_plan(subscription, plan, by=call.by)
    return plan


def _bought_service_plans(call: Call) -> QuerySet[ServicePlan]:
    return _service_plans(call).filter(pk__in=_subscriptions(call).values("plan"))


def _buy_service_plan(call: Call) -> ServicePlan:
    account, plan = account_of(call), find(_service_plans(call), pk=call.id())
    services.subscribe(account, plan, by=call.by)
    return plan


def _bought_application_plans(call: Call) -> QuerySet[ApplicationPlan]:
    plans = allowed(call, selectors.any_application_plans_of(call.tenant))
    return plans.filter(pk__in=applications_of(call.tenant, account_of(call)).values("plan"))


def _buy_application_plan(call: Call) -> ApplicationPlan:
    account = account_of(call)
    plan = find(allowed(call, selectors.application_plans_of(call.tenant)), pk=call.id())
    create_application(account, by=call.by, plan=plan, **call.given)
    return plan


OPERATIONS: tuple[Operation, ...] = in_section(
    "partners",
    (
        showing(f"{_ACCOUNT}/plan", "The plan that an account is on", ACCOUNT_PLAN, _account_plan),
        updating(
            f"{_ACCOUNTS}/{{id}}/change_plan",
            "Put an account on another plan; answers with the plan",
            ACCOUNT_PLAN,
            _change_account_plan,
            params=_PLAN_ID,
        ),
        listing(
            _SUBSCRIPTIONS,
            "Products that an account subscribes to",
            SERVICE_SUBSCRIPTION,
            _subscriptions,
        ),
        creating(
            _SUBSCRIPTIONS,
            "Subscribe an account to a product, on a service plan",
            SERVICE_SUBSCRIPTION,
            _subscribe,
            params=_PLAN_ID,
            wrapper="service_subscription",
        ),
        showing(_SUBSCRIPTION, "One subscription", SERVICE_SUBSCRIPTION, _subscription),
        deleting(
            _SUBSCRIPTION,
            "End a subscription, and remove the account's applications of that product",
            remove(_subscription, unsubscribe),
        ),
        moving(
            f"{_SUBSCRIPTION}/approve",
            "Approve a pending subscription: applications can be made",
            SERVICE_SUBSCRIPTION,
            transition(_subscription, change_subscription_state, "accept"),
        ),
        updating(
            f"{_SUBSCRIPTION}/change_plan",
            "Put a subscription on another plan of its product; answers with the plan",
            SERVICE_PLAN,
            _change_service_plan,
            params=_PLAN_ID,
        ),
        listing(
            _CONTRACTS,
            "Products that an account subscribes to, by the old name",
            SERVICE_CONTRACT,
            _subscriptions,
        ),
        deleting(
            f"{_CONTRACTS}/{{id}}",
            "End a subscription, by the old name",
            remove(_subscription, unsubscribe),
        ),
        listing(
            f"{_ACCOUNT}/service_plans",
            "Service plans that an account is on",
            SERVICE_PLAN,
            _bought_service_plans,
        ),
        creating(
            f"{_ACCOUNT}/service_plans/{{id}}/buy",
            "Subscribe an account to a product; answers with the plan",
            SERVICE_PLAN,
            _buy_service_plan,
        ).refusing(422),
        listing(
            f"{_ACCOUNT}/application_plans",
            "Application plans that an account's applications are on",
            APPLICATION_PLAN,
            _bought_application_plans,
        ),
        creating(
            f"{_ACCOUNT}/application_plans/{{id}}/buy",
            "Create an application on a plan; answers with the plan",
            APPLICATION_PLAN,
            _buy_application_plan,
            params=(text("name", required=True), text("description")),
        ),
    ),
)
