"""What every operation has in common: formats, bodies, errors, pages, caching, request ids."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api import endpoint
from tollway.portal.catalog.models import Product

pytestmark = pytest.mark.django_db

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
BOUNDARY = "--b"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n{{}}\r\n'

FORMATS = [
    ("", {}, "xml"),
    (".xml", {}, "xml"),
    (".json", {}, "json"),
    ("", {"accept": "*/*"}, "xml"),
    ("", {"accept": "application/json"}, "json"),
    ("", {"accept": "text/html,application/xml;q=0.9"}, "xml"),
    (".xml", {"accept": "application/json"}, "xml"),
]


@pytest.mark.parametrize(("suffix", "headers", "form"), FORMATS)
def test_the_suffix_chooses_the_format(
    api: Api, suffix: str, headers: dict[str, str], form: str
) -> None:
    response = api.call("GET", f"/services{suffix}", **headers)
    assert response.status_code == 200
    assert response["Content-Type"] == f"application/{form}; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/services.csv", {}), ("/services", {"accept": "text/csv"}), ("/backend_apis.xml", {})],
)
def test_a_format_that_is_not_there_is_406(api: Api, path: str, headers: dict[str, str]) -> None:
    response = api.call("GET", path, **headers)
    assert (response.status_code, response.content) == (406, b"")


def test_what_is_json_only_needs_no_suffix(api: Api) -> None:
    assert json.loads(api.call("GET", "/backend_apis").content)["backend_apis"]


BODIES: list[tuple[str, str, str]] = [
    ("flat form", FORM, "name=Told&description=yes"),
    ("wrapped form", FORM, "service[name]=Told&service[description]=yes"),
    ("flat JSON", JSON, '{"name": "Told", "description": "yes"}'),
    ("wrapped JSON", JSON, '{"service": {"name": "Told", "description": "yes"}}'),
    ("multipart", MULTIPART,
     PART.format("name", "Told") + PART.format("description", "yes") + f"--{BOUNDARY}--\r\n"),
    ("wrapped multipart", MULTIPART,
     PART.format("service[name]", "Told") + PART.format("service[description]", "yes")
     + f"--{BOUNDARY}--\r\n"),
]  # fmt: skip


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("kind", "body"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
def test_fields_come_flat_or_wrapped_in_any_body(
    api: Api, acme: Provider, method: str, kind: str, body: str
) -> None:
    url = f"/admin/api/services/{acme.product.pk}.json?access_token={api.token}"
    response = api.send(method, url, body, kind)
    service = json.loads(response.content)["service"]
    assert (response.status_code, service["name"], service["description"]) == (200, "Told", "yes")


def test_fields_may_stand_in_the_query_too(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}.json"
    assert api.call("PUT", f"{path}?name=Query").status_code == 200
    assert json.loads(api.call("GET", path).content)["service"]["name"] == "Query"


MALFORMED: list[tuple[str, str, int]] = [
    ('{"name":', JSON, 400),
    ("[1]", JSON, 400),
    ("<service/>", "text/xml", 400),
    ("a[b][c][d][e][f][g][h][i][j]=1", FORM, 400),
    ("a=1&" * 2000, FORM, 413),
]


@pytest.mark.parametrize(("body", "kind", "status"), MALFORMED)
def test_a_body_that_cannot_be_read_is_refused_in_words(
    api: Api, acme: Provider, body: str, kind: str, status: int
) -> None:
    url = f"/admin/api/services/{acme.product.pk}.json?access_token={api.token}"
    response = api.send("PUT", url, body, kind)
    assert response.status_code == status
    assert json.loads(response.content)["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/services/1/nothing",
        "/services/abc",
        "/services/",
        "/a%0Ab",
        "/services/%D9%A1",
    ],
)
@pytest.mark.parametrize(("suffix", "body"), [(".json", b'{"status":"Not found"}'), (".xml", b"")])
def test_an_unknown_address_is_404_in_the_format_asked_for(
    api: Api, path: str, suffix: str, body: bytes
) -> None:
    response = api.call("GET", f"{path}{suffix}")
    assert (response.status_code, response.content) == (404, body)


def test_an_unknown_object_is_404(api: Api) -> None:
    for path in ("/services/999999", "/services/999999/metrics", "/accounts/999999999999999999"):
        response = api.call("GET", f"{path}.json")
        assert (response.status_code, response.content) == (404, b'{"status":"Not found"}')


def test_a_verb_that_a_path_does_not_have_is_404(api: Api, acme: Provider) -> None:
    assert api.call("POST", f"/services/{acme.product.pk}.json").status_code == 404
    assert api.call("DELETE", "/services.json").status_code == 404


def test_what_is_missing_and_malformed_is_named_in_both_formats(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/proxy/mapping_rules"
    body = {"http_method": "GET", "delta": "many"}
    response = api.call("POST", f"{path}.json", body)
    assert response.status_code == 422
    assert errors_of(response) == {
        "pattern": ["can't be blank"], "delta": ["is not a number"],
        "metric_id": ["can't be blank"],
    }  # fmt: skip
    as_xml = api.call("POST", f"{path}.xml", body)
    assert as_xml.status_code == 422
    assert [error.text for error in ET.fromstring(as_xml.content)] == [  # noqa: S314
        "Pattern can't be blank", "Delta is not a number", "Metric can't be blank",
    ]  # fmt: skip


def test_a_refused_deletion_is_403_with_the_reason(api: Api, acme: Provider) -> None:
    hits = f"/services/{acme.product.pk}/metrics/{acme.hits.pk}.json"
    response = api.call("DELETE", hits)
    assert response.status_code == 403
    assert errors_of(response) == {"base": ["The metric hits cannot be deleted"]}


def test_a_move_that_the_state_does_not_allow_is_422(api: Api, acme: Provider) -> None:
    path = f"/accounts/{acme.account.pk}/applications/{acme.application.pk}/accept"
    response = api.call("PUT", f"{path}.json")
    assert response.status_code == 422
    assert response.content == b'{"errors":{"state":["cannot transition via \\"accept\\""]}}'
    as_xml = api.call("PUT", f"{path}.xml")
    assert b'<errors><error>State cannot transition via "accept"</error></errors>' in as_xml.content


def test_a_parameter_without_which_nothing_makes_sense_is_400(api: Api, acme: Provider) -> None:
    api.json("POST", f"/services/{acme.product.pk}/proxy/deploy")
    for suffix in (".json", ""):
        path = f"/services/{acme.product.pk}/proxy/configs/sandbox/1/promote{suffix}"
        response = api.call("POST", path)
        assert (response.status_code, response.content) == (
            400, b"Required parameter missing: to",
        )  # fmt: skip


def test_a_success_has_the_status_of_its_verb(api: Api) -> None:
    created = api.call("POST", "/services.json", {"name": "New"})
    service = json.loads(created.content)["service"]
    assert created.status_code == 201
    assert created["Location"] == f"http://{api.host}/admin/api/services/{service['id']}"
    assert {"rel": "self", "href": created["Location"]} in service["links"]
    deleted = api.call("DELETE", f"/services/{service['id']}.json")
    assert (deleted.status_code, deleted.content) == (200, b"")


def test_an_answer_that_did_not_change_is_not_sent_again(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}.json"
    first = api.call("GET", path)
    assert set(first["Cache-Control"].split(", ")) == {"private", "max-age=0", "must-revalidate"}
    again = api.call("GET", path, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    api.json("PUT", f"/services/{acme.product.pk}", name="Changed")
    assert api.call("GET", path, **{"if-none-match": first["ETag"]}).status_code == 200


def test_an_answer_to_head_is_that_of_get_without_its_body(api: Api) -> None:
    response = api.call("HEAD", "/services.json")
    assert (response.status_code, response.content) == (200, b"")


def test_a_request_id_is_kept_or_made(api: Api, acme: Provider) -> None:
    assert api.call("GET", "/services", **{"x-request-id": "mine-4711"})["X-Request-Id"] == (
        "mine-4711"
    )
    assert len(api.call("GET", "/services", **{"x-request-id": "a b\tc"})["X-Request-Id"]) == 32
    api.call("POST", "/services.json", {"name": "X"}, **{"x-request-id": "mine-4712"})
    event = acme.tenant.events.get(request_id="mine-4712")
    assert event.kind == "product.created"


PAGES: list[tuple[str, list[int], dict[str, int] | None]] = [
    ("", [0, 1, 2, 3, 4], None),
    ("?per_page=2", [0, 1],
     {"per_page": 2, "total_entries": 5, "total_pages": 3, "current_page": 1}),
    ("?per_page=2&page=3", [4],
     {"per_page": 2, "total_entries": 5, "total_pages": 3, "current_page": 3}),
    ("?per_page=2&page=4", [],
     {"per_page": 2, "total_entries": 5, "total_pages": 3, "current_page": 4}),
    ("?page=2", [], None),
    ("?per_page=0&page=0", [0, 1, 2, 3, 4], None),
    ("?per_page=501", [0, 1, 2, 3, 4], None),
    ("?per_page=x&page=-1", [0, 1, 2, 3, 4], None),
]  # fmt: skip


@pytest.mark.parametrize(("query", "indices", "metadata"), PAGES)
def test_a_list_comes_in_pages(
    api: Api, acme: Provider, query: str, indices: list[int], metadata: Any
) -> None:
    for number in range(4):
        acme.another_product(f"P{number}")
    ids = list(
        Product.objects.filter(tenant=acme.tenant).order_by("pk").values_list("pk", flat=True)
    )
    answer = json.loads(api.call("GET", f"/services.json{query}").content)
    assert [s["service"]["id"] for s in answer["services"]] == [ids[i] for i in indices]
    assert answer.get("metadata") == metadata
    root = ET.fromstring(api.call("GET", f"/services.xml{query}").content)  # noqa: S314
    assert root.attrib == {k: str(v) for k, v in (metadata or {}).items()}
    assert [int(s.findtext("id") or 0) for s in root] == [ids[i] for i in indices]


def test_the_api_reads_no_cookie_and_needs_no_csrf_token(api: Api, acme: Provider) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": api.host})
    url = f"/admin/api/services/{acme.product.pk}.json?access_token={api.token}"
    assert client.put(url, '{"name": "X"}', content_type=JSON).status_code == 200
    assert not client.cookies
    assert endpoint.Endpoint.csrf_exempt
