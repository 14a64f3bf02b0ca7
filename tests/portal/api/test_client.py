"""What the PyPI client `3scale-api` relies on, stated over all rows where it can be.

It sends the token in the query string, flat JSON bodies and the suffix `.json`; it takes lists
apart by collection and entity, and pages until a list is empty.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from portal.api.calls import Api
from portal.api.test_isolation import Owned, title
from portal.people import Provider
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS

pytestmark = pytest.mark.django_db

# What the client calls the elements of a collection.
ENTITIES = {
    "services": "service", "metrics": "metric", "methods": "method", "plans": "application_plan",
    "limits": "limit", "accounts": "account", "users": "user", "applications": "application",
    "keys": "key", "backend_apis": "backend_api", "mapping_rules": "mapping_rule",
    "proxy_configs": "proxy_config", "access_tokens": "access_token", "": "backend_usage",
}  # fmt: skip


def get(api: Api, owned: Owned, operation: Operation, query: str = "") -> Any:
    names = re.findall(r"\{(\w+)\}", operation.path)
    path = operation.path.format_map({name: owned.id(operation.path, name) for name in names})
    url = f"{path}.json?access_token={api.token}{query}"
    response = api.send("GET", url, b"", "application/json")
    assert response.status_code == 200, title(operation)
    return json.loads(response.content)


def test_every_element_of_a_list_is_wrapped_by_its_entity(api: Api, acme: Provider) -> None:
    owned = Owned(acme)
    for operation in OPERATIONS:
        if not operation.many:
            continue
        assert operation.resource is not None
        collection = operation.resource.collection
        answer = get(api, owned, operation)
        elements = answer[collection] if collection else answer
        keys = {key for element in elements for key in element}
        assert keys <= {ENTITIES[collection]}, title(operation)


def test_paging_ends_with_an_empty_list(api: Api, acme: Provider) -> None:
    owned = Owned(acme)
    for operation in OPERATIONS:
        if not operation.paginated:
            continue
        assert operation.resource is not None
        collection, found, page = operation.resource.collection, 0, 0
        while True:
            page += 1
            answer = get(api, owned, operation, f"&page={page}&per_page=1")
            elements = answer[collection] if collection else answer
            if not elements:
                break
            found += len(elements)
            assert page <= 50, "the client would loop for ever"
        whole = get(api, owned, operation)
        assert found == len(whole[collection] if collection else whole), title(operation)


def test_every_write_answers_with_a_json_object(api: Api) -> None:
    for operation in OPERATIONS:
        if operation.method in {"POST", "PUT"}:
            assert operation.resource is not None, title(operation)
            assert not operation.many, title(operation)


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
