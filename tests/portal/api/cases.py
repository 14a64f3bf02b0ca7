"""What each row is asked in ``test_rows.py``: what it takes to succeed, and what it refuses.

A row that changes something, or that cannot do without a parameter, has a line here; one that is
missing fails a test. Everything else about a row (its path, who may, which values are malformed)
follows from the row itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction
from msgspec import Struct

from portal.api.owned import Owned
from portal.api.steps import (
    Body,
    Step,
    account_is,
    allowed,
    another_admin,
    another_application_plan,
    application_is,
    both,
    customized,
    mandatory,
    no_applications,
    no_usages,
    not_deployed,
    nothing,
    roles_are,
    says,
    service_plan_of_another_product,
    subscription_is,
    tenant_is,
    unused_account_plan,
    unused_service_plan,
    users_are,
    without_features,
)
from portal.apidocs.texts import swagger, text
from tollway.portal.catalog.selectors import hits_of


class Refusal(Struct, frozen=True):
    """What a row refuses though each value may be: a body, or an object that is in the way.

    ``of_nobody``: a call by the provider key, which is no user's.
    """

    body: Callable[[Owned], Body] = lambda _own: {}
    before: Step = nothing
    ids: Callable[[Owned], Body] = lambda _own: {}
    of_nobody: bool = False


class Case(Struct, frozen=True):
    """``before`` prepares what the call needs; ``ids`` replace those that the path would get."""

    body: Callable[[Owned], Body] = lambda _own: {}
    before: Step = nothing
    ids: Callable[[Owned], Body] = lambda _own: {}
    refused: Mapping[int, Refusal] = {}


NOTHING = Case()
_NOBODY = {404: Refusal(of_nobody=True)}
_TOKEN = says(name="new", permission="ro", scopes=["stats"])
_RULE = says(http_method="GET", pattern="/x", delta=1)
_SERVICES, _BACKENDS = "/admin/api/services", "/admin/api/backend_apis"
_PROXY = f"{_SERVICES}/{{service_id}}/proxy"
_ACCOUNTS = "/admin/api/accounts"
_APPLICATIONS = f"{_ACCOUNTS}/{{account_id}}/applications"
_PLANS = f"{_SERVICES}/{{service_id}}/application_plans"
_METRIC_OF_PLAN = "/admin/api/application_plans/{application_plan_id}/metrics/{metric_id}"
_LIMITS, _PRICES = f"{_METRIC_OF_PLAN}/limits", f"{_METRIC_OF_PLAN}/pricing_rules"
_SUBSCRIPTIONS = f"{_ACCOUNTS}/{{account_id}}/service_subscriptions"


def _metrics(base: str, hits: Callable[[Owned], object]) -> Mapping[str, Case]:
    metrics, methods = f"{base}/metrics", f"{base}/metrics/{{metric_id}}/methods"
    return {
        f"POST {metrics}": Case(says(friendly_name="New", unit="call")),
        f"PUT {metrics}/{{id}}": Case(says(friendly_name="Other")),
        f"DELETE {metrics}/{{id}}": Case(
            ids=lambda own: {
                "id": (own.method if base.startswith(_SERVICES) else own.backend_method).pk
            },
            refused={403: Refusal()},
        ),
        f"POST {methods}": Case(says(friendly_name="New")),
        f"PUT {methods}/{{id}}": Case(says(friendly_name="Other")),
        f"DELETE {methods}/{{id}}": NOTHING,
    }


def _rules(base: str, hits: Callable[[Owned], object]) -> Mapping[str, Case]:
    return {
        f"POST {base}/mapping_rules": Case(
            lambda own: {**_RULE(own), "metric_id": hits(own)},
        ),
        f"PUT {base}/mapping_rules/{{id}}": Case(says(pattern="/other")),
        f"DELETE {base}/mapping_rules/{{id}}": NOTHING,
    }


def _users(base: str, last_admin: Callable[[Owned], Body], before: Step) -> Mapping[str, Case]:
    """What is asked of users of both kinds."""
    one = f"{base}/{{id}}"
    new = says(username="newcomer", email="new@comer.example", password="correct horse battery")
    return {
        f"POST {base}": Case(new),
        f"PUT {one}": Case(says(first_name="Other")),
        f"DELETE {one}": Case(before=before, refused={403: Refusal(ids=last_admin)}),
        f"PUT {one}/activate": Case(
            before=users_are("pending"),
            refused={422: Refusal(before=users_are("active"))},
        ),
        f"PUT {one}/suspend": Case(
            before=users_are("active"),
            refused={422: Refusal(before=users_are("pending"))},
        ),
        f"PUT {one}/unsuspend": Case(
            before=users_are("suspended"),
            refused={422: Refusal(before=users_are("pending"))},
        ),
        f"PUT {one}/admin": Case(before=roles_are("member")),
        f"PUT {one}/member": Case(
            before=both(before, roles_are("admin")), refused={422: Refusal(ids=last_admin)}
        ),
    }


def _plans(base: str, unused: Callable[[Owned], Body]) -> Mapping[str, Case]:
    """What is asked of plans of accounts and of products."""
    return {
        f"POST {base}": Case(says(name="New")),
        f"PUT {base}/{{id}}": Case(says(name="Other")),
        f"DELETE {base}/{{id}}": Case(ids=unused, refused={403: Refusal()}),
        f"PUT {base}/{{id}}/default": Case(ids=unused),
    }


def _features(base: str) -> Mapping[str, Case]:
    return {
        f"POST {base}": Case(says(name="New")),
        f"PUT {base}/{{id}}": Case(says(name="Other")),
        f"DELETE {base}/{{id}}": NOTHING,
    }


def _plan_features(plan: str) -> Mapping[str, Case]:
    base = f"/admin/api/{plan}s/{{{plan}_id}}/features"
    return {
        f"POST {base}": Case(
            lambda own: {"feature_id": own.features[plan].pk}, without_features(plan)
        ),
        f"DELETE {base}/{{id}}": NOTHING,
    }


def _hits(own: Owned) -> object:
    return own.provider.hits.pk


def _backend_hits(own: Owned) -> object:
    return hits_of(own.provider.tenant, own.provider.backend).pk


CASES: dict[str, Case] = {
    f"POST {_SERVICES}": Case(says(name="New")),
    f"PUT {_SERVICES}/{{id}}": Case(says(name="Other")),
    f"DELETE {_SERVICES}/{{id}}": Case(
        before=lambda own: own.provider.another_product(), refused={403: Refusal()}
    ),
    f"POST {_SERVICES}/{{service_id}}/backend_usages": Case(
        lambda own: {"backend_api_id": own.provider.backend.pk, "path": "/x"}, no_usages
    ),
    f"PUT {_SERVICES}/{{service_id}}/backend_usages/{{id}}": Case(says(path="/other")),
    f"DELETE {_SERVICES}/{{service_id}}/backend_usages/{{id}}": NOTHING,
    **_metrics(f"{_SERVICES}/{{service_id}}", _hits),
    **_metrics(f"{_BACKENDS}/{{backend_api_id}}", _backend_hits),
    **_rules(_PROXY, _hits),
    **_rules(f"{_BACKENDS}/{{backend_api_id}}", _backend_hits),
    f"PUT {_SERVICES}/{{service_id}}/mapping_rules/{{id}}": Case(says(pattern="/other")),
    f"PUT {_PROXY}": Case(says(auth_user_key="other")),
    f"POST {_PROXY}/deploy": Case(
        before=not_deployed, refused={422: Refusal(before=no_usages)}
    ),
    f"PUT {_PROXY}/oidc_configuration": Case(says(implicit_flow_enabled=True)),
    f"POST {_PROXY}/configs/{{environment}}/{{version}}/promote": Case(says(to="production")),
    f"POST {_PLANS}": Case(says(name="New")),
    f"PUT {_PLANS}/{{id}}": Case(says(name="Other")),
    f"DELETE {_PLANS}/{{id}}": Case(before=no_applications, refused={403: Refusal()}),
    f"PUT {_PLANS}/{{id}}/default": Case(
        refused={422: Refusal(ids=lambda own: {"id": customized(own).pk})}
    ),
    f"POST {_LIMITS}": Case(says(period="day", value=7)),
    f"PUT {_LIMITS}/{{id}}": Case(says(value=7)),
    f"DELETE {_LIMITS}/{{id}}": NOTHING,
    f"POST {_PRICES}": Case(
        says(min=1, max=10, cost_per_unit="0.5"),
        lambda own: own.provider.plan.pricing_rules.all().delete(),
    ),
    f"PUT {_PRICES}/{{id}}": Case(says(cost_per_unit=2)),
    f"DELETE {_PRICES}/{{id}}": NOTHING,
    **_plans("/admin/api/account_plans", unused_account_plan),
    **_plans(f"{_SERVICES}/{{service_id}}/service_plans", unused_service_plan),
    **_features("/admin/api/features"),
    **_features(f"{_SERVICES}/{{service_id}}/features"),
    **_plan_features("account_plan"),
    **_plan_features("service_plan"),
    **_plan_features("application_plan"),
    f"PUT {_ACCOUNTS}/{{id}}/change_plan": Case(
        lambda own: {"plan_id": unused_account_plan(own)["id"]}
    ),
    f"POST {_SUBSCRIPTIONS}": Case(
        lambda own: {"plan_id": service_plan_of_another_product(own)}
    ),
    f"DELETE {_SUBSCRIPTIONS}/{{id}}": NOTHING,
    f"DELETE {_ACCOUNTS}/{{account_id}}/service_contracts/{{id}}": NOTHING,
    f"PUT {_SUBSCRIPTIONS}/{{id}}/approve": Case(
        before=subscription_is("pending"), refused={422: Refusal(before=subscription_is("live"))}
    ),
    f"PUT {_SUBSCRIPTIONS}/{{id}}/change_plan": Case(
        lambda own: {"plan_id": unused_service_plan(own)["id"]}
    ),
    f"POST {_ACCOUNTS}/{{account_id}}/service_plans/{{id}}/buy": Case(
        ids=lambda own: {"id": service_plan_of_another_product(own)}, refused={422: Refusal()}
    ),
    f"POST {_ACCOUNTS}/{{account_id}}/application_plans/{{id}}/buy": Case(says(name="New")),
    f"PUT {_APPLICATIONS}/{{id}}/customize_plan": NOTHING,
    f"PUT {_APPLICATIONS}/{{id}}/decustomize_plan": Case(before=customized),
    f"POST {_APPLICATIONS}/{{application_id}}/referrer_filters": Case(
        says(referrer_filter="www.example.org")
    ),
    f"DELETE {_APPLICATIONS}/{{application_id}}/referrer_filters/{{id}}": NOTHING,
    "POST /admin/api/signup": Case(
        says(org_name="New", username="newcomer", email="new@comer.example",
             password="correct horse battery"),
        refused={404: Refusal(says(org_name="New", username="newcomer",
                                   application_plan_id=999999))},
    ),
    f"GET {_ACCOUNTS}/find": Case(
        lambda own: {"username": own.provider.developer.username},
        refused={404: Refusal(says(username="nobody"))},
    ),
    f"PUT {_ACCOUNTS}/{{id}}": Case(says(org_name="Other")),
    f"DELETE {_ACCOUNTS}/{{id}}": NOTHING,
    f"PUT {_ACCOUNTS}/{{id}}/approve": Case(
        before=account_is("pending"), refused={422: Refusal()}
    ),
    f"PUT {_ACCOUNTS}/{{id}}/reject": Case(
        before=account_is("pending"), refused={422: Refusal(before=account_is("rejected"))}
    ),
    f"PUT {_ACCOUNTS}/{{id}}/make_pending": Case(
        before=account_is("rejected"), refused={422: Refusal(before=account_is("pending"))}
    ),
    "GET /admin/api/applications/find": Case(
        lambda own: {"user_key": own.provider.application.user_key},
        refused={404: Refusal(says(user_key="nobody's"))},
    ),
    f"POST {_APPLICATIONS}": Case(lambda own: {"name": "New", "plan_id": own.provider.plan.pk}),
    f"GET {_APPLICATIONS}/find": Case(
        lambda own: {"user_key": own.provider.application.user_key}
    ),
    f"PUT {_APPLICATIONS}/{{id}}": Case(says(description="Other")),
    f"DELETE {_APPLICATIONS}/{{id}}": NOTHING,
    f"PUT {_APPLICATIONS}/{{id}}/accept": Case(
        before=application_is("pending"), refused={422: Refusal()}
    ),
    f"PUT {_APPLICATIONS}/{{id}}/suspend": Case(
        refused={422: Refusal(before=application_is("suspended"))}
    ),
    f"PUT {_APPLICATIONS}/{{id}}/resume": Case(
        before=application_is("suspended"), refused={422: Refusal()}
    ),
    f"PUT {_APPLICATIONS}/{{id}}/change_plan": Case(another_application_plan),
    f"POST {_APPLICATIONS}/{{application_id}}/keys": Case(says(key="another-key")),
    f"DELETE {_APPLICATIONS}/{{application_id}}/keys/{{key}}": NOTHING,
    f"POST {_BACKENDS}": Case(says(name="New", private_endpoint="https://new.example:443")),
    f"PUT {_BACKENDS}/{{id}}": Case(says(name="Other")),
    f"DELETE {_BACKENDS}/{{id}}": Case(before=no_usages, refused={403: Refusal()}),
    "GET /admin/api/personal/access_tokens": Case(refused=_NOBODY),
    "POST /admin/api/personal/access_tokens": Case(
        _TOKEN, refused={404: Refusal(_TOKEN, of_nobody=True)}
    ),
    "DELETE /admin/api/personal/access_tokens/{token}": NOTHING,
    "GET /admin/api/personal/notification_preferences": Case(refused=_NOBODY),
    "PUT /admin/api/personal/notification_preferences": Case(
        says(daily_report=True), refused=_NOBODY
    ),
    **_users(f"{_ACCOUNTS}/{{account_id}}/users",
             lambda own: {"id": own.provider.developer.pk}, another_admin),
    f"PUT {_ACCOUNTS}/{{account_id}}/users/{{id}}/resume": Case(
        before=users_are("suspended"), refused={422: Refusal(before=users_are("active"))}
    ),
    **_users("/admin/api/users", lambda own: {"id": own.provider.admin.pk}, nothing),
    "PUT /admin/api/users/{id}/permissions": Case(says(allowed_sections=["plans"])),
    "POST /admin/api/users/{user_id}/access_tokens": Case(_TOKEN, allowed),
    "PUT /admin/api/providers/{user_id}/access_tokens": Case(_TOKEN, allowed),
    "PUT /admin/api/provider": Case(says(support_email="help@acme.example")),
    "PUT /admin/api/settings": Case(says(signups_enabled=False)),
    "GET /admin/api/objects/status": Case(
        lambda own: {"object_type": "service", "object_id": own.provider.product.pk},
        refused={404: Refusal(says(object_type="service", object_id=999999))},
    ),
    "POST /admin/api/fields_definitions": Case(says(target="User", name="pet", label="Pet")),
    "PUT /admin/api/fields_definitions/{id}": Case(says(label="Other")),
    "DELETE /admin/api/fields_definitions/{id}": Case(refused={403: Refusal(ids=mandatory)}),
    "POST /admin/api/active_docs": Case(says(name="New", body=text())),
    "PUT /admin/api/active_docs/{id}": Case(says(body=text(swagger()))),
    "DELETE /admin/api/active_docs/{id}": NOTHING,
    "POST /master/api/providers": Case(says(
        org_name="New", username="newcomer", email="new@comer.example",
        password="correct horse battery",
    )),
    "PUT /master/api/providers/{id}": Case(says(support_email="help@acme.example")),
    "DELETE /master/api/providers/{id}": Case(
        refused={403: Refusal(before=tenant_is("scheduled_for_deletion"))}
    ),
    "DELETE /master/api/providers/{provider_id}/services/{id}": Case(
        before=lambda own: own.provider.another_product(), refused={403: Refusal()}
    ),
}  # fmt: skip


def case_of(title: str) -> Case:
    """Return the line of a row; a row that only reads, and needs nothing, may do without one."""
    return CASES.get(title, NOTHING)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done meanwhile, so that the next row finds everything as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
