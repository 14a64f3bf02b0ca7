"""The pages of mapping rules: the order, what changes it, forms, undo, and strangers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import MappingRule
from tollway.portal.catalog.services import create_mapping_rule, create_metric, update_mapping_rule
from tollway.portal.console.counting import routes, rule_forms, rules
from tollway.portal.console.counting.owners import Owner
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

GOOD = {"http_method": "POST", "pattern": "/v1/orders$", "delta": "5", "last": "on"}


def page_of(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/proxy_rules"


def patterns(provider: Provider) -> list[str]:
    rules = selectors.mapping_rules_of(provider.tenant, provider.product)
    return list(rules.values_list("pattern", flat=True))


def add(provider: Provider, pattern: str, **fields: Any) -> MappingRule:
    fields = {"http_method": "GET", "delta": 1, "metric": provider.hits, **fields}
    return create_mapping_rule(provider.product, by=BY, pattern=pattern, **fields)


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def test_the_table_shows_rules_in_their_order(acme: Provider, client: Client) -> None:
    add(acme, "/v1", delta=1234, last=True, position=1)
    page = text(client.get(page_of(acme)))
    assert page.index("/v1 matches") < page.index("GET / matches")
    assert "+1,234 stop" in page
    assert "2 rules" in page


def test_rules_are_searched_and_filtered_by_metric(acme: Provider, client: Client) -> None:
    pages = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    add(acme, "/v1")
    add(acme, "/v2", metric=pages)
    found = text(client.get(page_of(acme), {"q": "v2"}))
    assert ("/v2 matches" in found, "/v1 matches" in found) == (True, False)
    found = text(client.get(page_of(acme), {"metric": pages.pk}))
    assert ("/v2 matches" in found, "/v1 matches" in found) == (True, False)
    assert "No rules match “zebra”" in text(client.get(page_of(acme), {"q": "zebra"}))
    for wrong in ({"metric": "x"}, {"metric": "9" * 30}, {"page": "-1"}, {"q": "\0"}):
        assert client.get(page_of(acme), wrong).status_code == 200


def test_metrics_that_no_rule_counts_are_named(acme: Provider, client: Client) -> None:
    create_metric(acme.product, by=BY, friendly_name="Downloads", unit="file")
    assert "Not counted by any rule: downloads" in text(client.get(page_of(acme)))


def test_backends_rules_are_shown_below_their_path(acme: Provider, client: Client) -> None:
    [usage] = acme.product.backend_usages.all()
    usage.path = "/echo"
    usage.save()
    hits = acme.backend.metrics.get()
    create_mapping_rule(
        acme.backend, by=BY, http_method="GET", pattern="/item", metric=hits, delta=1
    )
    page = text(client.get(page_of(acme)))
    assert "From Echo at /echo" in page
    assert "/echo/item" in page.replace(" ", "")


def test_a_rule_is_made_once_however_often_it_is_sent(acme: Provider, client: Client) -> None:
    sent = {**GOOD, "metric": acme.hits.pk, "position": "1", "once": NONCE}
    for _ in range(2):
        assert client.post(f"{page_of(acme)}/new", sent)["Location"] == page_of(acme)
    assert patterns(acme) == ["/v1/orders$", "/"]
    rule = MappingRule.objects.get(pattern="/v1/orders$")
    assert (rule.http_method, rule.delta, rule.last) == ("POST", 5, True)
    assert "POST /v1/orders$ counts hits" in toasts(client)


WRONG = [
    ("pattern", "", "Enter a pattern. / is every path."),
    ("pattern", "v1", "Must start with /"),
    ("pattern", "/a b", "May not contain spaces; write %20"),
    ("pattern", "/micro$oft", "May have $ only at the end of the path"),
    ("pattern", "/{a}/{a}", "Names the variable {a} twice"),
    ("pattern", "/{a-b}", "Has a brace that is not part of {name}"),
    ("pattern", "/?{x}=1", "May not have a variable as the name of an argument"),
    ("pattern", "/" + "a" * 255, "Ensure this value has at most 255 characters"),
    ("delta", "0", "Must be greater than 0"),
    ("delta", "x", "Enter a whole number."),
    ("metric", "0", "Select a valid choice."),
    ("http_method", "ANY", "Select a valid choice."),
    ("position", "0", "Ensure this value is greater than or equal to 1"),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field_and_nothing_changes(
    acme: Provider, client: Client, field: str, value: str, message: str
) -> None:
    sent = {**GOOD, "metric": acme.hits.pk, "position": "7", field: value}
    events = Event.objects.count()
    response = client.post(f"{page_of(acme)}/new", sent)
    assert response.status_code == 422
    assert message in text(response)
    assert f'id="id_{field}_error"' in response.content.decode()
    assert 'value="7"' in response.content.decode() or field == "position"
    assert (patterns(acme), Event.objects.count()) == (["/"], events)


def test_a_metric_and_a_path_can_be_handed_to_the_form(acme: Provider, client: Client) -> None:
    pages = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    asked: dict[str, str | int] = {"metric": pages.pk, "pattern": "/v3", "method": "PUT"}
    page = client.get(f"{page_of(acme)}/new", asked).content.decode()
    assert 'value="/v3"' in page
    assert f'<option value="{pages.pk}" selected>' in page
    assert '<option value="PUT" selected>' in page


def test_a_rule_is_changed(acme: Provider, client: Client) -> None:
    rule = add(acme, "/v1")
    edit = f"{page_of(acme)}/{rule.pk}/edit"
    form = client.get(edit)
    assert 'value="/v1"' in form.content.decode()
    sent = {**GOOD, "metric": acme.hits.pk, "position": "1", "seen": seen(form)}
    assert client.post(edit, sent).status_code == 302
    assert patterns(acme) == ["/v1/orders$", "/"]


def test_two_editors_do_not_overwrite_each_other(acme: Provider, client: Client) -> None:
    rule = add(acme, "/v1")
    edit = f"{page_of(acme)}/{rule.pk}/edit"
    mine = {**GOOD, "metric": acme.hits.pk, "position": "2", "seen": seen(client.get(edit))}
    update_mapping_rule(rule, by=BY, pattern="/v1/theirs")
    clash = client.post(edit, mine)
    assert clash.status_code == 409
    page = text(clash)
    assert "saved this" in page
    assert "/v1/theirs" in page
    assert "/v1/orders$" in page
    assert patterns(acme) == ["/", "/v1/theirs"]
    assert client.post(edit, {**mine, "seen": seen(clash)}).status_code == 302
    assert patterns(acme) == ["/", "/v1/orders$"]


def test_a_deleted_rule_comes_back_where_it_was(acme: Provider, client: Client) -> None:
    rule = add(acme, "/v1", position=1, last=True, delta=3)
    delete = f"{page_of(acme)}/{rule.pk}/delete"
    assert client.get(delete).status_code == 405
    for _ in range(2):  # twice is once
        assert client.post(delete)["Location"] == page_of(acme)
    assert patterns(acme) == ["/"]
    toast = toasts(client)
    assert "GET /v1 is deleted" in toast
    was = {"http_method": "GET", "pattern": "/v1", "metric": str(acme.hits.pk), "delta": "3",
           "last": "on", "position": "1"}  # fmt: skip
    for name, value in was.items():
        assert f'name="{name}" value="{value}"' in toast
    was["once"] = re.findall(r'name="once" value="([^"]+)"', toast)[0]
    for _ in range(2):
        assert client.post(f"{page_of(acme)}/restore", was).status_code == 302
    assert patterns(acme) == ["/v1", "/"]
    back = MappingRule.objects.get(pattern="/v1")
    assert (back.delta, back.last) == (3, True)


def test_a_rule_that_somebody_else_deletes_at_this_moment_is_not_found(
    acme: Provider, client: Client
) -> None:
    rule = add(acme, "/v1")
    sent = {"http_method": "GET", "pattern": "/v2", "metric": str(acme.hits.pk), "delta": "1"}

    def faster(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if sql.startswith("SAVEPOINT"):
            with connection.cursor() as cursor:
                table = MappingRule._meta.db_table
                cursor.execute(f"DELETE FROM {table} WHERE id = %s", [rule.pk])  # noqa: S608
        return execute(sql, params, many, context)

    with connection.execute_wrapper(faster):
        response = client.post(f"{page_of(acme)}/{rule.pk}/edit", sent)
    assert response.status_code == 404
    assert patterns(acme) == ["/"]


MOVES = [
    ({"position": "1"}, ["/b", "/", "/a"]),
    ({"by": "-1"}, ["/", "/b", "/a"]),
    ({"position": "99"}, ["/", "/a", "/b"]),
    ({"by": "-99"}, ["/b", "/", "/a"]),
    ({"position": "x"}, ["/", "/a", "/b"]),
]


@pytest.mark.parametrize(("move", "order"), MOVES)
def test_a_rule_is_moved(
    acme: Provider, client: Client, move: dict[str, str], order: list[str]
) -> None:
    add(acme, "/a")
    rule = add(acme, "/b")
    seen_order = {"seen": rules._order(Owner(acme.product))}
    response = client.post(f"{page_of(acme)}/move", {"rule": rule.pk, **move, **seen_order})
    assert response["Location"] == page_of(acme)
    assert patterns(acme) == order


def test_a_move_is_undone_from_its_toast(acme: Provider, client: Client) -> None:
    rule = add(acme, "/a")
    client.post(f"{page_of(acme)}/move", {"rule": rule.pk, "position": "1"})
    toast = toasts(client)
    assert "GET /a is rule 1 now" in toast
    assert 'name="position" value="2"' in toast
    client.post(f"{page_of(acme)}/move", {"rule": rule.pk, "position": "2"})
    assert patterns(acme) == ["/", "/a"]


def test_nothing_is_moved_in_an_order_that_was_not_seen(acme: Provider, client: Client) -> None:
    rule = add(acme, "/a")
    old = rules._order(Owner(acme.product))
    add(acme, "/b", position=1)
    client.post(f"{page_of(acme)}/move", {"rule": rule.pk, "position": "1", "seen": old})
    assert patterns(acme) == ["/b", "/", "/a"]
    assert "Nothing was moved" in toasts(client)


def test_rules_of_a_backend_have_the_same_pages(acme: Provider, client: Client) -> None:
    page = f"/p/admin/backend_apis/{acme.backend.pk}/mapping_rules"
    assert "No rules of its own" in text(client.get(page))
    sent = {**GOOD, "metric": acme.backend.metrics.get().pk}
    assert client.post(f"{page}/new", sent)["Location"] == page
    assert "/v1/orders$" in text(client.get(page))
    foreign = client.post(f"{page}/new", {**GOOD, "metric": acme.hits.pk})
    assert foreign.status_code == 422


def test_strangers_and_members_without_the_permission_see_nothing(
    acme: Provider, globex: Provider
) -> None:
    stranger, lowly = admin(globex), member(acme, "partners")
    kept_out = member(acme, "plans", products=[], name="kept-out")
    rule = add(acme, "/secret")
    for path in ("", "/new", "/try", f"/{rule.pk}/edit"):
        assert stranger.get(page_of(acme) + path).status_code == 404
        assert kept_out.get(page_of(acme) + path).status_code == 404
        refused = lowly.get(page_of(acme) + path)
        assert (refused.status_code, "/secret" in text(refused)) == (403, False)
    for path in ("/move", "/restore", f"/{rule.pk}/edit", f"/{rule.pk}/delete"):
        for visitor, status in ((stranger, 404), (kept_out, 404), (lowly, 403)):
            assert visitor.post(page_of(acme) + path, {"rule": rule.pk}).status_code == status
    other = admin(acme).post(f"{page_of(globex)}/{rule.pk}/delete")
    assert other.status_code == 404
    assert patterns(acme) == ["/", "/secret"]


def test_a_rule_of_another_product_is_not_found_here(acme: Provider, client: Client) -> None:
    other = acme.another_product()
    rule = other.mapping_rules.get()
    assert client.get(f"{page_of(acme)}/{rule.pk}/edit").status_code == 404
    client.post(f"{page_of(acme)}/{rule.pk}/delete")
    assert MappingRule.objects.filter(pk=rule.pk).exists()


def test_the_number_of_queries_does_not_grow_with_the_rules(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(page_of(acme))
    for number in range(30):
        add(acme, f"/v{number}")
        create_metric(acme.product, by=BY, friendly_name=f"m{number}", unit="one")
        create_mapping_rule(
            acme.backend, by=BY, http_method="GET", pattern=f"/x{number}", delta=1,
            metric=acme.backend.metrics.get(),
        )  # fmt: skip
    with django_assert_max_num_queries(42):
        client.get(page_of(acme))


def test_every_page_of_rules_is_declared_for_products_and_backends() -> None:
    names = {route.name or "" for route in routes.routes}
    of_products, of_backends = (
        {name.partition("-")[2] for name in names if name.startswith(f"{kind}-")}
        for kind in ("product", "backend")
    )
    assert of_products - of_backends == {"metrics-import"}, "a document is a product's"
    assert of_backends <= of_products


def test_metrics_are_offered_by_what_they_are(acme: Provider) -> None:
    found = rule_forms.labels(Owner(acme.product), rule_forms.countable(Owner(acme.product)))
    assert [group for group, _ in found] == ["Metrics", "Backend Echo"]
