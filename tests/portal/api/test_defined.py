"""Fields of a tenant's own in requests: flat, together, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from portal.people import BY, Provider
from tollway.portal.accounts.services import create_fields_definition
from tollway.portal.api.defined import columns, given_fields
from tollway.portal.api.operation import Call, Caller
from tollway.portal.events.actors import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "sent", "extra"),
    [
        ({}, {"size": "L", "colour": "red"}, {"size": "L"}),
        ({"extra_fields": {"size": "L", "colour": "red"}}, {}, {"size": "L"}),
        ({"extra_fields": {"size": "L"}}, {"size": "S", "pet": "cat"}, {"size": "L", "pet": "cat"}),
        ({}, {"access_token": "secret"}, None),
    ],
)
def test_what_is_defined_is_taken(
    acme: Provider, given: dict[str, Any], sent: dict[str, Any], extra: dict[str, Any] | None
) -> None:
    for target, name in (("Account", "size"), ("User", "pet")):
        create_fields_definition(acme.tenant, by=BY, target=target, name=name, label=name)
    caller = Caller(acme.tenant, None, None, False, SYSTEM)
    call = Call(caller, {}, {"org_name": "New", **given}, sent)
    wanted: dict[str, Any] = {"org_name": "New"}
    if extra is not None:
        wanted["extra_fields"] = extra
    assert given_fields(call, "Account", "User") == wanted


def test_columns_are_declared_with_their_kinds() -> None:
    kinds = {param.name: param.kind for param in columns("Account", without=("org_name",))}
    assert kinds["city"] == "text"
    assert kinds["vat_rate"] == "number"
    assert kinds["extra_fields"] == "mapping"
    assert "org_name" not in kinds
