"""Methods and mapping rules are made of what an API document describes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.apidocs.texts import openapi, text
from portal.console.visiting import NONCE, admin, member, toasts
from portal.console.visiting import text as read
from portal.people import BY, Provider
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.services import create_document
from tollway.portal.catalog.models import MappingRule, Metric
from tollway.portal.console.counting import importing

pytestmark = pytest.mark.django_db
PATHS = {
    "/pets": {"get": {"operationId": "list"}, "post": {"operationId": "add"}},
    "/pets/{id}": {"get": {"operationId": "read", "summary": "Read a pet"}},
    "/über": {"get": {"operationId": "over"}},
}
RESPONSES = {"responses": {"200": {"description": "OK"}}}


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def document(provider: Provider, paths: Any = PATHS, **fields: Any) -> ApiDocument:
    full = {
        path: {verb: {**each, **RESPONSES} for verb, each in item.items()}
        for path, item in paths.items()
    }
    fields = {"name": "Pets", "product": provider.product, **fields}
    body = text(openapi(paths=full))
    return create_document(
        provider.tenant, by=BY, body=body, skip_swagger_validations=True, **fields
    )


def url(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/metrics/import"


def send(client: Client, provider: Provider, *rows: str, pk: int = 0) -> Any:
    return client.post(url(provider), {"once": NONCE, "document": pk, "rows": rows})


def methods(provider: Provider) -> list[str]:
    found = Metric.objects.filter(product=provider.product, parent__isnull=False)
    return sorted(found.values_list("system_name", flat=True))


def test_what_is_ticked_becomes_methods_with_rules(acme: Provider, client: Client) -> None:
    pk = document(acme).pk
    page = read(client.get(url(acme)))
    assert "3 ticked" in page
    assert "Read a pet read Method and rule" in page
    assert "No rule can match it: the pattern may not contain" in page
    assert url(acme) in client.get(url(acme).removesuffix("/import")).content.decode()

    made = send(client, acme, "GET /pets$", "GET /pets/{id}$", "GET /über$", "GET /none$", pk=pk)
    assert made["Location"] == f"{url(acme).removesuffix('/import')}?kind=methods"
    assert "2 methods and 2 mapping rules are there" in toasts(client)
    assert methods(acme) == ["list", "read"]
    assert MappingRule.objects.filter(pattern="/pets/{id}$", metric__system_name="read").exists()
    page = read(client.get(url(acme)))
    assert "Counts read already" in page
    assert "1 ticked" in page


def test_nothing_ticked_and_what_is_there_already_makes_nothing(
    acme: Provider, client: Client
) -> None:
    pk = document(acme).pk
    for rows in ((), ("GET /none$",)):
        refused = send(client, acme, *rows, pk=pk)
        assert refused.status_code == 422
        assert importing.NONE_TICKED in read(refused)
        assert "data-bulk hidden" not in refused.content.decode(), "scripts are not needed"
    assert methods(acme) == []


def test_a_document_that_is_gone_meanwhile_is_not_taken_for_another(
    acme: Provider, client: Client
) -> None:
    gone = document(acme, name="Gone").pk
    document(acme, name="There")
    ApiDocument.objects.filter(pk=gone).delete()
    refused = send(client, acme, "GET /pets$", pk=gone)
    assert (refused.status_code, importing.GONE in read(refused)) == (422, True)
    assert methods(acme) == []


def test_a_large_document_is_imported_in_parts(acme: Provider, client: Client) -> None:
    pk = document(acme, {f"/{number}": {"get": {}} for number in range(203)}).pk
    page = client.get(url(acme))
    assert "At most 200 new operations are shown" in read(page)
    send(client, acme, *(f"GET /{number}$" for number in range(200)), pk=pk)
    rest = client.get(url(acme))
    assert ("GET /202$" in rest.content.decode(), "3 ticked" in read(rest)) == (True, True)
    assert "At most" not in read(rest)


def test_the_products_own_document_comes_first_and_another_can_be_chosen(
    acme: Provider, client: Client
) -> None:
    assert "No API document yet" in read(client.get(url(acme)))
    shared = document(acme, {"/all": {"get": {}}}, name="A", product=None)
    assert "/all$" in read(client.get(url(acme)))
    document(acme)
    document(acme, {"/hidden": {"get": {}}}, name="B", product=acme.another_product())
    page = read(client.get(url(acme)))
    assert ("/pets$" in page, "/all$" in page, "B" in page.split()) == (True, False, False)
    assert "/all$" in read(client.get(f"{url(acme)}?document={shared.pk}"))
    assert "/pets$" in read(client.get(f"{url(acme)}?document=x"))
    document(acme, {}, name="Empty")
    empty = ApiDocument.objects.get(name="Empty")
    assert "No operations" in read(client.get(f"{url(acme)}?document={empty.pk}"))


def test_a_rule_for_every_call_is_warned_of(acme: Provider, client: Client) -> None:
    document(acme)
    MappingRule.objects.filter(product=acme.product).delete()
    assert "counts hits on every call" not in read(client.get(url(acme)))
    MappingRule.objects.create(
        tenant=acme.tenant, product=acme.product, metric=acme.hits, http_method="GET", pattern="/"
    )
    assert "A rule for / counts hits on every call." in read(client.get(url(acme)))


def test_many_operations_cost_no_more_queries(acme: Provider, client: Client) -> None:
    few = document(acme, {"/a": {"get": {}}}, name="Few")
    many = document(acme, {f"/{number}": {"get": {}} for number in range(60)}, name="Many")
    pages, counts = [], []
    for each in (few, few, many):
        with CaptureQueriesContext(connection) as found:
            pages.append(client.get(f"{url(acme)}?document={each.pk}"))
        counts.append(len(found))
    assert counts[1] == counts[2]
    assert "5 to 20 methods are easy to limit" in read(pages[2])


def test_strangers_and_members_without_the_right_make_nothing(
    acme: Provider, globex: Provider
) -> None:
    pk = document(acme).pk
    for client, status in ((admin(globex), 404), (member(acme), 403)):
        assert client.get(url(acme)).status_code == status
        assert send(client, acme, "GET /pets$", pk=pk).status_code == status
    theirs = document(globex, {"/theirs": {"get": {}}})
    assert "/theirs$" not in read(admin(acme).get(f"{url(acme)}?document={theirs.pk}"))
    assert methods(acme) == []
