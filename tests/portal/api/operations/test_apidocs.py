"""ActiveDocs through the API: kept as they are given, checked unless somebody insists."""

from __future__ import annotations

import json

import pytest

from portal.api.calls import Api, errors_of
from portal.apidocs.texts import openapi, text
from portal.people import Provider
from tollway.portal.api.operations import apidocs

pytestmark = pytest.mark.django_db

ALL = "/active_docs"
FAULTY = text(openapi(info={"title": "Echo"}))


def made(api: Api, **fields: object) -> dict[str, object]:
    given = {"name": "Echo", "body": text(), **fields}
    found: dict[str, object] = api.json("POST", ALL, **given)["api_doc"]
    return found


def test_every_row_is_for_those_who_see_plans() -> None:
    assert {operation.section for operation in apidocs.OPERATIONS} == {"plans"}


def test_a_body_comes_back_byte_for_byte(api: Api) -> None:
    body = f"  {text()}\n"
    assert made(api, body=body)["body"] == body


def test_yaml_comes_back_as_json_which_clients_read(api: Api) -> None:
    body = "openapi: 3.0.3\ninfo: {title: Echo, version: '1'}\npaths: {}"
    document = made(api, body=body)
    assert json.loads(str(document["body"])) == openapi(paths={})


def test_a_faulty_document_is_refused_with_its_line_unless_somebody_insists(api: Api) -> None:
    answer = api.call("POST", f"{ALL}.json", {"name": "Echo", "body": FAULTY})
    assert answer.status_code == 422
    assert errors_of(answer) == {"body": ['line 3, info: "version" is a required property']}
    assert made(api, body=FAULTY, skip_swagger_validations=True)["skip_swagger_validations"] is True


def test_the_product_is_given_and_taken_away(api: Api, acme: Provider, globex: Provider) -> None:
    document = made(api, service_id=acme.product.pk)
    assert document["service_id"] == acme.product.pk
    one = f"{ALL}/{document['id']}"
    answer = api.call("PUT", f"{one}.json", {"service_id": globex.product.pk})
    assert (answer.status_code, errors_of(answer)) == (422, {"service_id": ["does not exist"]})
    assert api.json("PUT", one, service_id=None)["api_doc"]["service_id"] is None


def test_the_system_name_is_fixed(api: Api) -> None:
    document = made(api, system_name="mine")
    changed = api.json("PUT", f"{ALL}/{document['id']}", system_name="other", name="Other")
    assert (changed["api_doc"]["system_name"], changed["api_doc"]["name"]) == ("mine", "Other")
