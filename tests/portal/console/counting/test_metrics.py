"""The pages of methods and metrics: what is mapped, names, and what goes along with a deletion."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.catalog.models import Metric
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import (
    create_backend_usage,
    create_mapping_rule,
    create_method,
    create_metric,
    deploy,
    promote,
    update_metric,
)
from tollway.portal.console.counting import metric_forms, metrics
from tollway.portal.console.sight import Sight
from tollway.portal.plans.services import create_application_plan, create_limit, create_pricing_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def page_of(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/metrics"


def test_the_list_says_what_is_mapped(acme: Provider, client: Client) -> None:
    search = create_method(acme.product, by=BY, friendly_name="Search", description="Finds things")
    create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    page = client.get(page_of(acme))
    shown = text(page)
    assert "Search Finds things search Method of hits hit Not mapped Add a rule" in shown
    assert "Pages pages Metric page Not mapped" in shown
    assert "Hits hits Metric hit Mapped" in shown
    assert f"/proxy_rules/new?metric={search.pk}" in page.content.decode()
    assert "Echo 1 at /" in shown


TABS = [("", {"Hits", "Pages", "Search"}), ("methods", {"Search"}), ("metrics", {"Hits", "Pages"}),
        ("nonsense", {"Hits", "Pages", "Search"})]  # fmt: skip


@pytest.mark.parametrize(("kind", "names"), TABS)
def test_methods_and_metrics_have_their_tabs(
    acme: Provider, client: Client, kind: str, names: set[str]
) -> None:
    create_method(acme.product, by=BY, friendly_name="Search")
    create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    page = client.get(page_of(acme), {"kind": kind}).content.decode()
    assert {name for name in ("Hits", "Pages", "Search") if f'/edit">{name}</a>' in page} == names
    assert "Search" in text(client.get(page_of(acme), {"kind": kind, "q": "x", "sort": "?"}))


def test_a_method_and_a_metric_are_made_once(acme: Provider, client: Client) -> None:
    for number, (path, sent) in enumerate(
        [
            ("metrics/methods/new", {"friendly_name": "Search all"}),
            ("metrics/new", {"friendly_name": "Bytes", "system_name": "b/s", "unit": "byte"}),
        ]
    ):
        url = f"/apiconfig/services/{acme.product.pk}/{path}"
        for _ in range(2):
            response = client.post(url, {**sent, "once": f"{NONCE}{number}"})
            assert response["Location"] == page_of(acme)
    method = Metric.objects.get(system_name="search_all")
    metric = Metric.objects.get(system_name="b/s")
    assert (method.parent, metric.parent, metric.unit) == (acme.hits, None, "byte")
    assert "search_all is a method" in toasts(client)


WRONG = [
    ({"friendly_name": "", "unit": "x"}, "friendly_name", "Enter a name."),
    ({"friendly_name": "Pages", "unit": ""}, "unit", "Enter a unit."),
    ({"friendly_name": "Hits", "unit": "x"}, "friendly_name", "Has already been taken"),
    (
        {"friendly_name": "P", "unit": "x", "system_name": "hits"},
        "system_name",
        "already been taken",
    ),
    ({"friendly_name": "P", "unit": "x", "system_name": "a b"}, "system_name", "Is invalid"),
]


@pytest.mark.parametrize(("sent", "field", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field(
    acme: Provider, client: Client, sent: dict[str, str], field: str, message: str
) -> None:
    response = client.post(f"{page_of(acme)}/new", {**sent, "description": "kept"})
    assert response.status_code == 422
    assert message in text(response)
    assert f'id="id_{field}_error"' in response.content.decode()
    assert "kept</textarea>" in response.content.decode().replace("\n", "")
    assert acme.product.metrics.count() == 1


SUGGESTED = [
    ({"friendly_name": "Night Bus"}, "It will be night_bus , and cannot be changed later."),
    ({"friendly_name": "Hits"}, "It will be hits_2 ,"),
    ({"friendly_name": "x", "system_name": "hits"}, "hits is taken."),
    ({"friendly_name": "x", "system_name": "a b"}, "a b has other characters."),
    ({"friendly_name": "x", "system_name": "a/b.c"}, "a/b.c is free."),
    ({"friendly_name": "", "system_name": ""}, "Left empty, it is made of the name."),
    ({"friendly_name": "\0", "system_name": "\0"}, "has other characters"),
]


@pytest.mark.parametrize(("typed", "said"), SUGGESTED)
def test_the_system_name_is_suggested_while_the_name_is_typed(
    acme: Provider, client: Client, typed: dict[str, str], said: str
) -> None:
    assert said in text(client.get(f"{page_of(acme)}/suggest", typed))


def test_a_metric_is_changed_and_its_system_name_is_not(acme: Provider, client: Client) -> None:
    metric = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    edit = f"{page_of(acme)}/{metric.pk}/edit"
    form = client.get(edit)
    assert "pages fixed" in text(form)
    sent = {"friendly_name": "Sheets", "unit": "sheet", "system_name": "x", "seen": seen(form)}
    assert client.post(edit, sent)["Location"] == page_of(acme)
    metric.refresh_from_db()
    assert (metric.friendly_name, metric.unit, metric.system_name) == ("Sheets", "sheet", "pages")


def test_two_editors_of_a_metric_see_each_other(acme: Provider, client: Client) -> None:
    metric = create_method(acme.product, by=BY, friendly_name="Search")
    edit = f"{page_of(acme)}/{metric.pk}/edit"
    mine = {"friendly_name": "Find", "seen": seen(client.get(edit))}
    update_metric(metric, by=BY, friendly_name="Seek")
    clash = client.post(edit, mine)
    assert (clash.status_code, "Seek" in text(clash)) == (409, True)
    metric.refresh_from_db()
    assert metric.friendly_name == "Seek"


def test_hits_is_protected(acme: Provider, client: Client) -> None:
    edit = f"{page_of(acme)}/{acme.hits.pk}/edit"
    assert "Hits cannot be deleted" in text(client.get(edit))
    refused = client.post(f"{page_of(acme)}/{acme.hits.pk}/delete")
    assert refused.status_code == 422
    assert "The metric hits cannot be deleted" in text(refused)
    assert client.post(edit, {"friendly_name": "Calls", "unit": "call"}).status_code == 302


def test_what_goes_along_is_said_and_asks_for_the_name(acme: Provider, client: Client) -> None:
    metric = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/p", metric=metric, delta=1
    )
    create_limit(acme.plan, by=BY, metric=metric, period="hour", value=3)
    create_pricing_rule(acme.plan, by=BY, metric=metric, min=1, cost_per_unit="0.1")
    along = metrics.taken_along(Sight(acme.tenant, acme.admin, None), metric)
    assert (along.rules, along.limits, along.prices, along.plans) == (1, 1, 1, ["Basic"])
    page = text(client.get(f"{page_of(acme)}/{metric.pk}/edit"))
    assert "With it go 1 mapping rule, 1 limit and 1 price of Basic." in page
    delete = f"{page_of(acme)}/{metric.pk}/delete"
    refused = client.post(delete, {"typed": "page"})
    assert (refused.status_code, "type pages to confirm" in text(refused)) == (422, True)
    for _ in range(2):
        assert client.post(delete, {"typed": "pages"})["Location"] == page_of(acme)
    assert not Metric.objects.filter(pk=metric.pk).exists()


def test_plans_of_products_that_a_member_may_not_see_are_not_named(acme: Provider) -> None:
    other = acme.another_product()
    create_backend_usage(other, by=BY, backend=acme.backend, path="/")
    metric = hits_of(acme.tenant, acme.backend)
    plan = create_application_plan(other, by=BY, name="Secret plan")
    create_limit(plan, by=BY, metric=metric, period="hour", value=3)
    edit = f"/p/admin/backend_apis/{acme.backend.pk}/metrics/{metric.pk}/edit"
    along = metrics.taken_along(Sight(acme.tenant, acme.admin, None), metric)
    assert (along.limits, along.plans) == (1, ["Secret plan"])
    kept = frozenset({acme.product.pk})
    along = metrics.taken_along(Sight(acme.tenant, acme.admin, kept), metric)
    assert (along.limits, along.plans) == (1, [])
    assert "Secret plan" not in text(member(acme, "plans", products=[*kept]).get(edit))


def test_a_metric_in_production_stays_and_the_way_out_is_said(
    acme: Provider, client: Client
) -> None:
    metric = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/p", metric=metric, delta=1
    )
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=1)
    refused = client.post(f"{page_of(acme)}/{metric.pk}/delete")
    assert refused.status_code == 422
    assert "uses this metric. Delete its mapping rules, deploy and promote" in text(refused)


def test_strangers_see_nothing(acme: Provider, globex: Provider) -> None:
    stranger, lowly = admin(globex), member(acme, "monitoring")
    for path in ("", "/new", "/methods/new", "/suggest", f"/{acme.hits.pk}/edit"):
        assert stranger.get(page_of(acme) + path).status_code == 404
        assert lowly.get(page_of(acme) + path).status_code == 403
    assert admin(acme).get(f"{page_of(acme)}/{globex.hits.pk}/edit").status_code == 404


def test_backends_have_the_same_pages(acme: Provider, client: Client) -> None:
    page = f"/p/admin/backend_apis/{acme.backend.pk}/metrics"
    assert client.post(f"{page}/methods/new", {"friendly_name": "Find"})["Location"] == page
    assert "Find find Method of hits" in text(client.get(page))
    unspeakable = text(client.get(f"{page}/suggest", {"friendly_name": "§"}))
    assert f"It will be {metric_forms.NAMING.fallback} ," in unspeakable


def test_the_number_of_queries_does_not_grow_with_the_metrics(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        create_metric(acme.product, by=BY, friendly_name=f"m{number}", unit="one")
    with django_assert_max_num_queries(25):
        page = text(client.get(page_of(acme)))
    assert "61" in page
