"""Lists cost the same number of queries however long they are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.api.calls import Api, operator_api
from portal.api.owned import Owned
from portal.apidocs.texts import text
from portal.people import BY, Provider
from tollway.portal.accounts.services import create_fields_definition, create_user
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.runs import find
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications.services import add_key, add_referrer_filter, sign_up
from tollway.portal.catalog import selectors
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_mapping_rule,
    create_method,
    deploy,
)
from tollway.portal.plans.services import (
    add_feature,
    create_account_plan,
    create_application_plan,
    create_feature,
    create_limit,
    create_pricing_rule,
    create_service_plan,
    create_tenant,
    subscribe,
)
from tollway.portal.tenants.selectors import master

pytestmark = pytest.mark.django_db

LISTS = [operation for operation in OPERATIONS if operation.many]


def queries(api: Api, operation: Operation, owned: Owned, suffix: str) -> tuple[int, int]:
    """Return how many queries the list costs, and how long its answer is."""
    names = re.findall(r"\{(\w+)\}", operation.path)
    path = operation.path.format_map({n: owned.id(operation.path, n) for n in names})
    with CaptureQueriesContext(connection) as captured:
        url = f"{path}.{suffix}?access_token={api.token}"
        response = api.send("GET", url, b"", "application/json")
    assert response.status_code == 200, path
    return len(captured), len(response.content)


def add_more(acme: Provider, number: int) -> None:
    """One more of everything that is listed somewhere."""
    product = acme.product
    rule: dict[str, Any] = {"http_method": "GET", "delta": 1}
    another = acme.another_product(f"Product {number}")
    plan = create_application_plan(product, by=BY, name=f"Plan {number}")
    method = create_method(product, by=BY, friendly_name=f"Method {number}")
    create_method(acme.backend, by=BY, friendly_name=f"Method {number}")
    create_limit(acme.plan, method, by=BY, period="day", value=1)
    create_limit(acme.plan, acme.hits, by=BY, period=["minute", "day", "week"][number], value=1)
    create_pricing_rule(acme.plan, method, by=BY, cost_per_unit=1)
    create_pricing_rule(acme.plan, acme.hits, by=BY, min=10 * number + 10, max=10 * number + 11)
    add_more_plans(acme, number)
    create_mapping_rule(product, by=BY, metric=method, pattern=f"/{number}", **rule)
    hits = selectors.hits_of(acme.tenant, acme.backend)
    create_mapping_rule(acme.backend, by=BY, metric=hits, pattern=f"/{number}", **rule)
    backend = create_backend(
        acme.tenant, by=BY, name=f"B{number}", private_endpoint="https://x.example"
    )
    create_backend_usage(product, by=BY, backend=backend, path=f"/{number}")
    create_backend_usage(another, by=BY, backend=backend)
    deploy(product, by=BY)
    deploy(another, by=BY)
    account = sign_up(acme.tenant, by=BY, org_name=f"A{number}", username=f"user{number}")
    acme.another_application(plan=plan, name=f"App {number}")
    add_key(acme.application, by=BY, value=f"another-{number}")
    add_referrer_filter(acme.application, by=BY, value=f"{number}.example")
    acme.admin.access_tokens.create(
        tenant=acme.tenant, name="x", permission="ro", scopes=["cms"], digest=f"x{number}"
    )
    for users_account in (None, acme.account):
        create_user(acme.tenant, by=BY, account=users_account, username=f"member{number}")
    create_fields_definition(
        acme.tenant, by=BY, target="User", name=f"field{number}", label=f"F{number}"
    )
    create_document(acme.tenant, by=BY, name=f"D{number}", body=text(), product=product)
    create_tenant(
        master(), by=BY, org_name=f"Tenant {number}", username="admin", email="a@b.example"
    )
    assert account.user.pk


def add_more_plans(acme: Provider, number: int) -> None:
    """One more plan of accounts and of the product, one more feature in each plan, a contract."""
    account_plan = acme.account.contract.plan
    service_plan = acme.account.service_subscriptions.get(product=acme.product).plan
    create_account_plan(acme.tenant, by=BY, name=f"Plan {number}")
    create_service_plan(acme.product, by=BY, name=f"Plan {number}")
    for plan, owner in (
        (account_plan, acme.tenant), (service_plan, acme.product), (acme.plan, acme.product),
    ):  # fmt: skip
        scope = {"scope": plan.kind} if owner == acme.product else {}
        feature = create_feature(owner, by=BY, name=f"Feature {number}", **scope)
        add_feature(plan, feature, by=BY)
    elsewhere = acme.another_product(f"Bought {number}").service_plans.get()
    subscribe(acme.account, elsewhere, by=BY)


def test_a_list_costs_the_same_number_of_queries_however_long(api: Api, acme: Provider) -> None:
    owned = Owned(acme)
    add_more(acme, 0)
    kinds = [(o, s) for o in LISTS for s in (["json"] if o.json_only else ["json", "xml"])]
    apis = {False: api, True: operator_api(acme)}
    before = {(o.path, s): queries(apis[o.master], o, owned, s) for o, s in kinds}
    for number in (1, 2):
        add_more(acme, number)
    slower, same_length = {}, set()
    for operation, suffix in kinds:
        count, length = queries(apis[operation.master], operation, owned, suffix)
        count_before, length_before = before[operation.path, suffix]
        if count > count_before:
            slower[f"{operation.path}.{suffix}"] = (count_before, count)
        if length <= length_before:
            same_length.add(operation.path)
    assert not slower
    assert not same_length


def test_finding_one_of_a_list_is_one_query(acme: Provider) -> None:
    with CaptureQueriesContext(connection) as captured:
        find(selectors.products_of(acme.tenant), pk=acme.product.pk)
    assert len(captured) == 1
