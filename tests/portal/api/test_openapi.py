"""The API describes itself: a valid OpenAPI 3.1 document, which says what the rows say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from portal.api.calls import Api
from portal.people import Provider
from tollway.portal.api.openapi import document
from tollway.portal.api.operation import by_path
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.tenants.models import Tenant

PATH = "/admin/api/openapi.json"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(OPERATIONS)


def described_to(host: str) -> Any:
    return Client(headers={"host": host}).get(PATH)


def test_the_document_is_valid(described: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(described).validate()


def test_every_row_is_described(described: dict[str, Any]) -> None:
    for path, methods in by_path(OPERATIONS).items():
        assert set(described["paths"][path]) == {method.lower() for method in methods}
        for method, row in methods.items():
            told = described["paths"][path][method.lower()]
            assert told["summary"] == row.summary
            assert str(row.status) in told["responses"]
            assert {str(status) for status in row.refusals} <= set(told["responses"])


def test_generated_clients_find_a_name_of_its_own_for_each_operation(
    described: dict[str, Any],
) -> None:
    names = [told["operationId"] for path in described["paths"].values() for told in path.values()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_parameters_stand_where_the_method_has_them(described: dict[str, Any]) -> None:
    listed = described["paths"]["/admin/api/applications"]["get"]
    assert {"service_id", "page", "per_page"} <= {p["name"] for p in listed["parameters"]}
    assert "requestBody" not in listed
    token = described["paths"]["/admin/api/personal/access_tokens"]["post"]["requestBody"]
    content = token["content"]
    assert token["required"]
    assert "scopes" in content["application/json"]["schema"]["properties"]
    for form in ("application/x-www-form-urlencoded", "multipart/form-data"):
        assert "scopes[]" in content[form]["schema"]["required"]


@pytest.mark.django_db
def test_everybody_on_an_admin_host_may_read_it(acme: Provider, api: Api) -> None:
    answer = described_to(api.host)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    told = json.loads(answer.content)
    assert not [path for path in told["paths"] if path.startswith("/master")]
    assert answer["ETag"]
    for secret in (api.token, acme.tenant.provider_key, acme.tenant.org_name):
        assert secret not in answer.content.decode()


@pytest.mark.django_db
def test_the_operators_host_describes_the_operators_rows_too(master: Tenant) -> None:
    told = json.loads(described_to("master.localhost").content)
    assert set(told["paths"]) == {row.path for row in OPERATIONS}


@pytest.mark.django_db
def test_developers_hosts_have_no_description(acme: Provider) -> None:
    assert described_to("acme.localhost").status_code == 404
