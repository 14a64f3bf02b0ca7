"""Applications and their keys."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.accounts import account_of
from tollway.portal.api.params import Param, integer, moment, text, texts
from tollway.portal.api.resources.applications import APPLICATION, KEY
from tollway.portal.api.resources.plans import APPLICATION_PLAN
from tollway.portal.api.runs import change, find, remove, transition
from tollway.portal.applications import selectors, services
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.fields import refuse
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ApplicationPlan

_ALL = "/admin/api/applications"
_OF_ACCOUNT = "/admin/api/accounts/{account_id}/applications"
_APPLICATION = f"{_OF_ACCOUNT}/{{id}}"
_KEYS = f"{_OF_ACCOUNT}/{{application_id}}/keys"

_FIELDS: tuple[Param, ...] = (
    text("description"),
    text("user_key"),
    text("redirect_url"),
    moment("first_traffic_at"),
    moment("first_daily_traffic_at"),
)


def _application(call: Call, name: str = "id") -> Application:
    applications = selectors.applications_of(call.tenant, account_of(call))
    return find(applications, pk=call.id(name))


def _chosen_plan(call: Call, plan_id: int) -> ApplicationPlan:
    plan = plans.application_plans_of(call.tenant).filter(pk=plan_id).first()
    if plan is None:
        raise refuse("plan_id", "does not exist")
    return plan


def _create(call: Call) -> Application:
    given: dict[str, Any] = {**call.given}
    account = account_of(call)
    plan = _chosen_plan(call, given.pop("plan_id"))
    keys = given.pop("application_key", [])
    return services.create_application(account, by=call.by, plan=plan, keys=keys, **given)


def _change_plan(call: Call) -> ApplicationPlan:
    application = _application(call)
    plan = _chosen_plan(call, call.given["plan_id"])
    services.change_plan(application, plan, by=call.by)
    return plan


def _of_account(call: Call) -> QuerySet[Application]:
    applications = selectors.applications_of(call.tenant, account_of(call))
    state = call.given.get("state")
    return applications.filter(state=state) if state else applications


def _of_all(call: Call) -> QuerySet[Application]:
    """Narrow by product and plan, and by when an application last had its first call of a day."""
    applications = selectors.applications_of(call.tenant)
    lookups = {
        "service_id": "product_id",
        "plan_id": "plan_id",
        "active_since": "first_daily_traffic_at__gte",
    }
    wanted = {lookups[n]: call.given[n] for n in lookups if call.given.get(n) is not None}
    applications = applications.filter(**wanted)
    if since := call.given.get("inactive_since"):
        applications = applications.exclude(first_daily_traffic_at__gte=since)
    free = {"plan__cost_per_month": 0, "plan__setup_fee": 0}
    match call.given.get("plan_type"):
        case "free":
            return applications.filter(**free)
        case "paid":
            return applications.exclude(**free)
        case _:
            return applications


def _find(call: Call) -> Application:
    given, product_id = call.given, call.given.get("service_id")
    found: Application | None = None
    if given.get("application_id") is not None:
        found = selectors.applications_of(call.tenant).filter(pk=given["application_id"]).first()
    elif given.get("user_key"):
        found = selectors.application_by_user_key(call.tenant, given["user_key"], product_id)
    elif given.get("app_id"):
        found = selectors.application_by_app_id(call.tenant, given["app_id"], product_id)
    if found is None:
        raise Http404
    return found


def _find_in_account(call: Call) -> Application:
    found = _find(call)
    if found.account_id != account_of(call).pk:
        raise Http404
    return found


def _move(event: str, summary: str) -> Operation:
    run = transition(_application, services.change_state, event)
    return updating(f"{_APPLICATION}/{event}", summary, APPLICATION, run)


def _keys(call: Call) -> QuerySet[ApplicationKey]:
    return selectors.keys_of(call.tenant, _application(call, "application_id"))


def _add_key(call: Call) -> Application:
    application = _application(call, "application_id")
    services.add_key(application, by=call.by, value=call.given["key"])
    return application


def _key(call: Call) -> ApplicationKey:
    application = _application(call, "application_id")
    key = selectors.key_by_value(call.tenant, application, call.ids["key"])
    if key is None:
        raise Http404
    return key


_FINDING = (integer("service_id", nullable=True), text("user_key"), text("app_id"))

OPERATIONS: tuple[Operation, ...] = (
    listing(
        _ALL,
        "Applications of all accounts and products",
        APPLICATION,
        _of_all,
        params=(
            integer("service_id", nullable=True),
            integer("plan_id", nullable=True),
            text("plan_type"),
            moment("active_since"),
            moment("inactive_since"),
        ),
        paginated=True,
    ),
    showing(
        f"{_ALL}/find",
        "Find an application by its id here, its user key, or the id it calls with",
        APPLICATION,
        _find,
        params=(integer("application_id", nullable=True), *_FINDING),
    ),
    listing(
        _OF_ACCOUNT,
        "Applications of an account",
        APPLICATION,
        _of_account,
        params=(text("state"),),
    ),
    creating(
        _OF_ACCOUNT,
        "Create an application on a plan",
        APPLICATION,
        _create,
        params=(
            integer("plan_id", required=True),
            text("name", required=True),
            text("application_id"),
            texts("application_key"),
            *_FIELDS,
        ),
    ),
    showing(
        f"{_OF_ACCOUNT}/find",
        "Find an application of one account",
        APPLICATION,
        _find_in_account,
        params=_FINDING,
    ),
    showing(_APPLICATION, "One application", APPLICATION, _application),
    updating(
        _APPLICATION,
        "Change an application; the id it calls with is fixed",
        APPLICATION,
        change(_application, services.update_application),
        params=(text("name"), *_FIELDS),
    ),
    deleting(
        _APPLICATION, "Remove an application", remove(_application, services.delete_application)
    ),
    _move("accept", "Accept a pending application: its calls are authorised"),
    _move("suspend", "Suspend a live application: its calls are refused"),
    _move("resume", "Resume a suspended application"),
    updating(
        f"{_APPLICATION}/change_plan",
        "Put an application on another plan of its product; answers with the plan",
        APPLICATION_PLAN,
        _change_plan,
        params=(integer("plan_id", required=True),),
    ),
    listing(_KEYS, "Keys of an application", KEY, _keys),
    creating(
        _KEYS,
        "Add a key; answers with the application",
        APPLICATION,
        _add_key,
        params=(text("key", required=True),),
    ),
    deleting(f"{_KEYS}/{{key}}", "Remove a key", remove(_key, services.remove_key)),
)
