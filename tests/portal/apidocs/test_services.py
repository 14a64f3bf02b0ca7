"""Documents are kept as they were given, once they have been read and checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.apidocs.texts import openapi, text
from portal.people import BY, Provider
from tollway.portal.apidocs import selectors
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.operations import Operation
from tollway.portal.apidocs.services import (
    count_operations,
    create_document,
    delete_document,
    update_document,
)
from tollway.portal.catalog.models import Metric
from tollway.portal.catalog.selectors import mapping_rules_of
from tollway.portal.catalog.services import create_mapping_rule, create_metric, delete_product
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db


def made(provider: Provider, **fields: Any) -> ApiDocument:
    return create_document(provider.tenant, by=BY, **{"name": "Echo", "body": text(), **fields})


def refusal(act: Any) -> dict[str, list[str]]:
    before = list(ApiDocument.objects.values())
    with pytest.raises(ValidationError) as refused:
        act()
    assert list(ApiDocument.objects.values()) == before
    return dict(refused.value.message_dict)


def test_a_document_is_kept_byte_for_byte_and_as_json(acme: Provider) -> None:
    body = "# mine\nopenapi: 3.0.3\ninfo: {title: Echo, version: '1'}\npaths: {}\n"
    row = made(acme, body=body, product=acme.product)
    row.refresh_from_db()
    assert row.body == body
    assert json.loads(row.document)["info"] == {"title": "Echo", "version": "1"}
    assert (row.version, row.system_name, row.published) == ("3.0.3", "echo", False)
    event = Event.objects.latest("id")
    assert (event.kind, event.object_id) == ("api_document.created", str(row.pk))
    assert event.after == {
        "name": "Echo", "system_name": "echo", "published": False, "product_id": acme.product.pk,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"name": ""}, "name", "can't be blank"),
        ({"system_name": "a b"}, "system_name", "is invalid"),
        ({"system_name": "taken"}, "system_name", "has already been taken"),
        ({"body": " "}, "body", "can't be blank"),
        ({"body": "[]"}, "body", "must be an object in JSON or YAML"),
        ({"body": '{"a": "\x00"}'}, "body", "line 1, column 8: Invalid control character at"),
        ({"body": "{}"}, "body", "must say what it is"),
        ({"body": text(openapi(info={}))}, "body", 'line 3, info: "title" is a required property'),
    ],
)
def test_what_is_refused(acme: Provider, fields: dict[str, Any], field: str, message: str) -> None:
    made(acme, system_name="taken")
    found = refusal(lambda: made(acme, **fields))
    assert list(found) == [field]
    assert found[field][0].startswith(message)


def test_a_document_of_another_tenants_product_is_refused(acme: Provider, globex: Provider) -> None:
    assert refusal(lambda: made(acme, product=globex.product)) == {"service_id": ["does not exist"]}


def test_the_same_name_gets_another_system_name(acme: Provider) -> None:
    assert [made(acme).system_name, made(acme).system_name] == ["echo", "echo_2"]


def test_a_document_that_is_not_to_be_checked_must_be_readable_still(acme: Provider) -> None:
    row = made(acme, body='{"anything": "goes"}', skip_swagger_validations=True)
    assert row.version == ""
    assert "body" in refusal(lambda: made(acme, body="{", skip_swagger_validations=True))
    assert "body" in refusal(lambda: update_document(row, by=BY, skip_swagger_validations=False))
    update_document(row, by=BY, skip_swagger_validations=False, body=text())


def test_half_a_character_pair_is_kept_or_refused_but_never_a_fault(acme: Provider) -> None:
    body = json.dumps(openapi(info={"title": "\ud83d", "version": "1"}))
    found = refusal(lambda: made(acme, body=body))
    assert found == {"body": ["has half of a character pair"]}


def test_a_change_is_logged_without_what_the_document_says(acme: Provider) -> None:
    row = made(acme)
    update_document(
        row, by=BY, name="Other", published=True, body=text(openapi("3.1.0")), product=acme.product
    )
    event = Event.objects.latest("id")
    assert event.before == {
        "product_id": None, "name": "Echo", "published": False, "version": "3.0.3", "body": "…",
    }  # fmt: skip
    assert event.after["product_id"] == acme.product.pk
    count = Event.objects.count()
    update_document(row, by=BY, name="Other", product=acme.product)
    assert Event.objects.count() == count, "nothing changed"


def test_a_refused_change_changes_nothing(acme: Provider) -> None:
    row = made(acme)
    assert "body" in refusal(lambda: update_document(row, by=BY, body="{", product=acme.product))


def test_a_document_goes_with_its_product(acme: Provider) -> None:
    made(acme, product=acme.product)
    alone = made(acme)
    delete_document(alone, by=BY)
    assert Event.objects.latest("id").before == {"name": "Echo", "system_name": "echo_2"}
    acme.another_product()
    delete_product(acme.product, by=BY)
    assert not ApiDocument.objects.exists()


def test_developers_read_what_is_published(acme: Provider, globex: Provider) -> None:
    made(acme)
    shown = made(acme, published=True)
    assert list(selectors.published_of(acme.tenant)) == [shown]
    assert selectors.documents_of(acme.tenant).count() == 2
    assert not selectors.documents_of(globex.tenant).exists()


def test_kinds_of_calls_become_methods_with_rules_and_twice_changes_nothing(acme: Provider) -> None:
    create_metric(acme.product, by=BY, friendly_name="List", system_name="pages", unit="page")
    create_mapping_rule(
        acme.product, by=BY, metric=acme.hits, http_method="PUT", pattern="/x$", delta=1
    )
    wanted = [
        Operation("GET", "/pets$", "List", "list"), Operation("GET", "/pages$", "P", "pages"),
        Operation("PUT", "/x$", "X", "x"),
    ]  # fmt: skip
    made = count_operations(acme.product, wanted, by=BY)
    assert (made.methods, made.rules) == (1, 2)
    method = Metric.objects.get(product=acme.product, system_name="list")
    assert (method.friendly_name, method.parent) == ("List 2", acme.hits)
    rules = mapping_rules_of(acme.tenant, acme.product).order_by("-position")
    counted = {f"{each.http_method} {each.pattern}": each.metric.system_name for each in rules[:3]}
    assert counted == {"GET /pages$": "pages", "GET /pets$": "list", "PUT /x$": "hits"}
    again = count_operations(acme.product, wanted, by=BY)
    assert (again.methods, again.rules) == (0, 0)
    bad = [Operation("GET", "/new$", "New", "new"), Operation("GET", "no path", "Bad", "bad")]
    with pytest.raises(ValidationError):
        count_operations(acme.product, bad, by=BY)
    assert not Metric.objects.filter(system_name="new").exists()
