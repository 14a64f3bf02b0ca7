"""The exact JSON and XML of every resource: ``vectors/api.json``.

Ids stand there as `{service}`, times are two fixed ones; everything else is as it goes out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import vectors
from portal.api.calls import Api, api_of
from portal.api.resources.shown import Ids, make_everything
from portal.people import Provider
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.resource import Resource
from tollway.portal.api.resources import (
    accounts,
    apidocs,
    applications,
    catalog,
    contracts,
    fields_definitions,
    gateway,
    plans,
    providers,
)

pytestmark = pytest.mark.django_db

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
CASES: dict[str, Any] = vectors("api")
MODULES = (
    accounts, apidocs, applications, catalog, contracts, fields_definitions, gateway, plans,
    providers,
)  # fmt: skip


@pytest.fixture
def api(acme: Provider) -> Api:
    return api_of(acme)


@pytest.fixture
def ids(acme: Provider, api: Api) -> Ids:
    return make_everything(acme, api)


def filled(text: str, ids: Ids) -> str:
    """Put ids where names stand. Alone in a JSON text, a name is a number or word of its own."""
    for name, value in ids.items():
        if isinstance(value, int):
            text = text.replace(f'"{{{name}}}"', str(value))
        text = text.replace(f"{{{name}}}", str(value))
    return text


@pytest.mark.parametrize("name", CASES)
def test_a_resource_looks_as_3scale_writes_it(name: str, api: Api, ids: Ids) -> None:
    case = CASES[name]
    path = filled(case["path"], ids)
    response = api.call("GET", f"{path}.json")
    assert response.status_code == 200
    assert json.loads(response.content) == json.loads(filled(json.dumps(case["json"]), ids))
    response = api.call("GET", f"{path}.xml")
    if case["xml"] is None:
        assert response.status_code == 406
    else:
        assert response.content.decode() == HEAD + filled(case["xml"], ids)


def test_every_resource_has_a_case() -> None:
    shapes = {
        shape.entity
        for module in MODULES
        for shape in vars(module).values()
        if isinstance(shape, Resource)
    }
    assert shapes == {operation.resource.entity for operation in OPERATIONS if operation.resource}
    shown = {entity for case in CASES.values() for entity in (case["entity"],)}
    # A configuration's content is its own matter; a sign-up is an account with a token.
    assert shown == shapes - {"proxy_config", "signup"}
