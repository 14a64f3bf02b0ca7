"""Applications, their keys and referrer filters."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.api.defined import columns, given_fields
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
from tollway.portal.api.operations.services import allowed, products_of
from tollway.portal.api.params import Param, integer, moment, text, texts
from tollway.portal.api.resources.applications import APPLICATION, KEY, REFERRER_FILTER
from tollway.portal.api.resources.plans import APPLICATION_PLAN
from tollway.portal.api.runs import chosen, find, remove, transition
from tollway.portal.applications import selectors, services
from tollway.portal.applications.models import Application, ApplicationKey, ReferrerFilter
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ApplicationPlan

_ALL = "/admin/api/applications"
_OF_ACCOUNT = "/admin/api/accounts/{account_id}/applications"
_APPLICATION = f"{_OF_ACCOUNT}/{{id}}"
_KEYS = f"{_OF_ACCOUNT}/{{application_id}}/keys"
_FILTERS = f"{_OF_ACCOUNT}/{{application_id}}/referrer_filters"

_FIELDS: tuple[Param, ...] = (
    *columns(Target.APPLICATION, without=("name",)),
    text("user_key"),
    moment("first_traffic_at"),
    moment("first_daily_traffic_at"),
)


def application_of(call: Call, name: str = "application_id") -> Application:
    applications = allowed(call, selectors.applications_of(call.tenant, account_of(call)))
    return find(applications, pk=call.id(name))


def _application(call: Call) -> Application:
    return application_of(call, "id")


def _chosen_plan(call: Call, plan_id: int) -> ApplicationPlan:
    return chosen(allowed(call, plans.application_plans_of(call.tenant)), "plan_id", plan_id)


def _create(call: Call) -> Application:
    given = given_fields(call, Target.APPLICATION)
    account = account_of(call)
    plan = _chosen_plan(call, given.pop("plan_id"))
    keys = given.pop("application_key", [])
    return services.create_application(account, by=call.by, plan=plan, keys=keys, **given)


def _update(call: Call) -> Application:
    application = _application(call)
    changes = given_fields(call, Target.APPLICATION)
    services.update_application(application, by=call.by, **changes)
    return application


def _change_plan(call: Call) -> ApplicationPlan:
    application = _application(call)
    plan = _chosen_plan(call, call.given["plan_id"])
    services.change_plan(application, plan, by=call.by)
    return plan


def _customize_plan(call: Call) -> ApplicationPlan:
    return services.customize_plan(_application(call), by=call.by)


def _decustomize_plan(call: Call) -> ApplicationPlan:
    return services.decustomize_plan(_application(call), by=call.by)


def _of_account(call: Call) -> QuerySet[Application]:
    wanted = selectors.Filter(state=call.given.get("state") or None)
    found = selectors.matching_applications(call.tenant, wanted, account_of(call))
    return allowed(call, found)


def _of_all(call: Call) -> QuerySet[Application]:
    given = call.given
    wanted = selectors.Filter(
        state=given.get("state") or None,
        product_id=given.get("service_id"),
        plan_id=given.get("plan_id"),
        plan_type=given.get("plan_type"),
        active_since=given.get("active_since"),
        inactive_since=given.get("inactive_since"),
    )
    return allowed(call, selectors.matching_applications(call.tenant, wanted))


def _find(call: Call) -> Application:
    given, product_id = call.given, call.given.get("service_id")
    found: Application | None = None
    if given.get("application_id") is not None:
        found = selectors.applications_of(call.tenant).filter(pk=given["application_id"]).first()
    elif given.get("user_key"):
        found = selectors.application_by_user_key(call.tenant, given["user_key"], product_id)
    elif given.get("app_id"):
        found = selectors.application_by_app_id(call.tenant, given["app_id"], product_id)
    if found is None or not products_of(call).filter(pk=found.product_id).exists():
        raise Http404
    return found


def _find_in_account(call: Call) -> Application:
    found = _find(call)
    if found.account_id != account_of(call).pk:
        raise Http404
    return found


def _move(event: str, summary: str) -> Operation:
    run = transition(_application, services.change_state, event)
    return moving(f"{_APPLICATION}/{event}", summary, APPLICATION, run)


def _keys(call: Call) -> QuerySet[ApplicationKey]:
    return selectors.keys_of(call.tenant, application_of(call))


def _add_key(call: Call) -> Application:
    application = application_of(call)
    services.add_key(application, by=call.by, value=call.given["key"])
    return application


def _key(call: Call) -> ApplicationKey:
    application = application_of(call)
    key = selectors.key_by_value(call.tenant, application, call.ids["key"])
    if key is None:
        raise Http404
    return key


def _filters(call: Call) -> QuerySet[ReferrerFilter]:
    return selectors.referrer_filters_of(call.tenant, application_of(call))


def _add_filter(call: Call) -> Application:
    application = application_of(call)
    services.add_referrer_filter(application, by=call.by, value=call.given["referrer_filter"])
    return application


def _filter(call: Call) -> ReferrerFilter:
    return find(_filters(call), pk=call.id())


_FINDING = (integer("service_id", nullable=True), text("user_key"), text("app_id"))

_ROWS: tuple[Operation, ...] = (
    listing(
        _ALL,
        "Applications of all accounts and products",
        APPLICATION,
        _of_all,
        params=(
            integer("service_id", nullable=True),
            integer("plan_id", nullable=True),
            text("plan_type"),
            text("state"),
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
    ).refusing(404),
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
        _update,
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
    updating(
        f"{_APPLICATION}/customize_plan",
        "Give an application a plan of its own, which follows its plan where it is not changed",
        APPLICATION_PLAN,
        _customize_plan,
    ),
    updating(
        f"{_APPLICATION}/decustomize_plan",
        "Put an application back on the plan that its own was made of",
        APPLICATION_PLAN,
        _decustomize_plan,
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
    listing(_FILTERS, "From where an application's calls may come", REFERRER_FILTER, _filters),
    creating(
        _FILTERS,
        "Add a referrer filter; answers with the application",
        APPLICATION,
        _add_filter,
        params=(text("referrer_filter", required=True),),
    ),
    deleting(
        f"{_FILTERS}/{{id}}",
        "Remove a referrer filter",
        remove(_filter, services.remove_referrer_filter),
    ),
)

OPERATIONS = in_section("partners", _ROWS)
