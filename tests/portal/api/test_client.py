"""What the PyPI client `3scale-api` relies on, stated over all rows where it can be.

It sends the token in the query string, flat JSON bodies and the suffix `.json`; it takes lists
apart by collection and entity, and pages until a list is empty.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.api.calls import Api, api_of, operator_api
from portal.api.owned import Owned
from portal.people import Provider
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS

pytestmark = pytest.mark.django_db

# What the client calls the elements of a collection.
ENTITIES: dict[str, set[str]] = {
    "plans": {"application_plan", "account_plan", "service_plan"},
    "applications": {"application"},
    "keys": {"key"},
    "": {"backend_usage"},
    "policies": {"policy"},
}


def get(owned: Owned, row: Operation, query: str = "") -> Any:
    api = operator_api(owned.provider) if row.master else api_of(owned.provider)
    url = f"{owned.path(row)}.json?access_token={api.token}{query}"
    response = api.send("GET", url, b"", "application/json")
    assert response.status_code == 200, row.title
    return json.loads(response.content)


def test_every_element_of_a_list_is_wrapped_by_its_entity(acme: Provider) -> None:
    """Under the collection's name in the singular, but for a few."""
    owned = Owned(acme)
    for row in OPERATIONS:
        if not row.many:
            continue
        assert row.resource is not None
        collection = row.resource.collection
        answer = get(owned, row)
        elements = answer[collection] if collection else answer
        keys = {key for element in elements for key in element}
        assert keys, row.title
        assert keys <= ENTITIES.get(collection, {collection.removesuffix("s")}), row.title


def test_paging_ends_with_an_empty_list(acme: Provider) -> None:
    owned = Owned(acme)
    for row in OPERATIONS:
        if not row.paginated:
            continue
        assert row.resource is not None
        collection, found, page = row.resource.collection, 0, 0
        while True:
            page += 1
            answer = get(owned, row, f"&page={page}&per_page=1")
            elements = answer[collection] if collection else answer
            if not elements:
                break
            found += len(elements)
            assert page <= 50, "the client would loop for ever"
        whole = get(owned, row)
        assert found == len(whole[collection] if collection else whole), row.title


def test_every_write_answers_with_a_json_object(api: Api) -> None:
    for operation in OPERATIONS:
        if operation.method in {"POST", "PUT"}:
            assert operation.resource is not None, operation.title
            assert not operation.many, operation.title


def test_what_does_not_exist_is_an_error_to_the_client(api: Api, acme: Provider) -> None:
    """Its `exists()` is a GET whose status is below 400."""
    assert api.call("GET", f"/services/{acme.product.pk}.json").status_code < 400
    assert api.call("GET", "/services/999999.json").status_code >= 400
    key = f"/accounts/{acme.account.pk}/applications/{acme.application.pk}/keys/abc.json"
    assert api.call("GET", key).status_code == 404


def test_a_proxy_has_no_id_that_the_client_would_put_into_the_path(
    api: Api, acme: Provider
) -> None:
    for method, path in (("GET", "proxy"), ("PUT", "proxy"), ("POST", "proxy/deploy")):
        answer = api.json(method, f"/services/{acme.product.pk}/{path}", support_email="ignored@x")
        assert "id" not in answer["proxy"]
        assert answer["proxy"]["service_id"] == acme.product.pk
