"""The tester on the page: what it says of a call, with which rules, and for whom."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from portal.console.visiting import admin, member, text
from portal.people import BY, Provider
from tollway.portal.applications.services import change_state
from tollway.portal.catalog.services import (
    create_mapping_rule,
    create_metric,
    delete_mapping_rule,
    deploy,
    update_proxy,
)
from tollway.portal.console.counting import trying
from tollway.portal.plans.services import create_limit

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def ask(client: Client, provider: Provider, path: str, **asked: str) -> str:
    url = f"/apiconfig/services/{provider.product.pk}/proxy_rules/try"
    response = client.get(url, {"path": path, **asked}, headers={"hx-request": "true"})
    assert response.status_code == 200
    return text(response)


def test_the_page_begins_with_the_products_test_call(acme: Provider, client: Client) -> None:
    update_proxy(acme.product, by=BY, api_test_path="/v1/fast/track")
    page = client.get(f"/apiconfig/services/{acme.product.pk}/proxy_rules").content.decode()
    assert 'value="/v1/fast/track"' in page
    assert "1 rule matches" in page


def test_no_match_says_what_the_gateway_answers(acme: Provider, client: Client) -> None:
    update_proxy(acme.product, by=BY, error_status_no_match=418, error_no_match="No such thing")
    found = ask(client, acme, "/v1", method="DELETE")
    assert "No rule matches" in found
    assert "The gateway answers 418 No such thing . Nothing is counted" in found
    assert "Add a rule for this path" in found


def test_what_is_no_path_yet_is_said_without_a_fault(acme: Provider, client: Client) -> None:
    assert "Must start with /" in ask(client, acme, "")
    assert "Must start with /" in ask(client, acme, "v1")
    assert "Choose a method" in ask(client, acme, "/", method="?")
    assert "NGINX answers 400" in ask(client, acme, "/%zz")


def test_rules_wait_for_staging_and_production(acme: Provider, client: Client) -> None:
    nothing = ask(client, acme, "/v1", where="sandbox")
    assert "Nothing is served there yet No configuration has been deployed to staging." in nothing
    deploy(acme.product, by=BY)
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/v1", metric=acme.hits, delta=7
    )
    assert "2 rules match" in ask(client, acme, "/v1")
    assert "1 rule matches" in ask(client, acme, "/v1", where="sandbox")
    assert "promoted to production" in ask(client, acme, "/v1", where="production")
    assert "2 rules match" in ask(client, acme, "/v1", where="nowhere")


def test_limits_of_a_plan_are_shown(acme: Provider, client: Client) -> None:
    pages = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/v1", metric=pages, delta=2
    )
    plan = f"plan-{acme.plan.pk}"
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    found = ask(client, acme, "/v1", **{"as": plan})
    assert "On plan Basic" in found
    assert "hits: 3 per hour" in found
    assert "pages: no limit" in found
    create_limit(acme.plan, by=BY, metric=pages, period="day", value=1)
    found = ask(client, acme, "/v1", **{"as": plan})
    assert "pages: 1 per day, so no room for 2" in found
    assert "The gateway answers 429 Usage limit exceeded" in found
    create_limit(acme.plan, by=BY, metric=pages, period="month", value=0)
    found = ask(client, acme, "/v1", **{"as": plan})
    assert "pages: off in this plan" in found
    assert "The gateway answers 403 Authentication failed" in found


def test_an_application_is_shown_even_if_the_store_is_away(
    acme: Provider, client: Client, settings: Settings
) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    change_state(acme.application, "suspend", by=BY)
    found = ask(client, acme, "/v1", **{"as": f"app-{acme.application.pk}"})
    assert "App of Developer, on plan Basic" in found
    assert "This application is suspended" in found
    assert "What it has used cannot be read just now." in found


def test_whoever_is_not_there_is_nobody(acme: Provider, globex: Provider, client: Client) -> None:
    for caller in (f"app-{globex.application.pk}", f"plan-{globex.plan.pk}", "app-x", "9", "app-"):
        found = ask(client, acme, "/v1", **{"as": caller})
        assert ("1 rule matches" in found, "on plan" in found.lower()) == (True, False)


def test_without_htmx_the_tester_is_a_page(acme: Provider, client: Client) -> None:
    url = f"/p/admin/backend_apis/{acme.backend.pk}/mapping_rules/try"
    page = client.get(url, {"path": "/x"})
    assert "<h1>Try a call</h1>" in page.content.decode()
    assert "No rule matches" in text(page)


def test_a_call_without_a_rule_left_is_answered_for_every_product(
    acme: Provider, client: Client
) -> None:
    delete_mapping_rule(acme.product.mapping_rules.get(), by=BY)
    assert "No rule matches" in ask(client, acme, "/")


@pytest.mark.parametrize("where", [where for where, _ in trying.PLACES])
def test_a_rule_that_is_not_deployed_yet_matches_in_the_draft_only(
    acme: Provider, client: Client, where: str
) -> None:
    drafted = where == trying.DRAFT
    found = ask(client, acme, "/v1", where=where)
    assert ("1 rule matches" in found) is drafted


def test_a_member_who_may_not_see_applications_is_offered_plans_only(acme: Provider) -> None:
    caller = f"app-{acme.application.pk}"
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    rules = f"/apiconfig/services/{acme.product.pk}/proxy_rules"
    assert "App of Developer" in ask(admin(acme), acme, "/", **{"as": caller})
    assert "App of Developer" in text(admin(acme).get(rules))
    plans_only = member(acme, "plans")
    assert "App of Developer" not in ask(plans_only, acme, "/", **{"as": caller})
    assert "App of Developer" not in text(plans_only.get(rules))
    assert "On plan Basic" in text(plans_only.get(rules))
