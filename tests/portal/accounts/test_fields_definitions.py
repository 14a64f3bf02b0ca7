"""What values fields may have, and which of them are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts import fields_definitions as fields
from tollway.portal.accounts.services import (
    create_fields_definition,
    delete_fields_definition,
    update_account,
    update_user,
)
from tollway.portal.applications.services import update_application


@pytest.fixture
def defined(acme: Provider) -> Provider:
    """Acme, with a required field, one with choices, and a built-in of applications."""
    for name, more in (("tier", {"required": True}), ("size", {"choices": ["S", "L"]})):
        create_fields_definition(
            acme.tenant, by=BY, target="Cinstance", name=name, label=name, **more
        )
    create_fields_definition(
        acme.tenant, by=BY, target="Cinstance", name="redirect_url", label="URL", required=True
    )
    return acme


@pytest.mark.parametrize(
    ("values", "kept", "after"),
    [
        ({"tier": "gold"}, None, {"tier": "gold"}),
        ({"tier": 1, "size": "S"}, None, {"tier": "1", "size": "S"}),
        ({"tier": True}, None, {"tier": "true"}),
        ({"tier": "gold", "unknown": "x", "name": "x"}, None, {"tier": "gold"}),
        ({}, {}, {}),
        ({"size": "L"}, {}, {"size": "L"}),
        ({"size": ""}, {"size": "L", "tier": "gold"}, {"tier": "gold"}),
        ({"size": None}, {"size": "L", "gone": "x"}, {"gone": "x"}),
    ],
)
def test_values_are_kept_as_texts(
    defined: Provider,
    values: dict[str, Any],
    kept: dict[str, str] | None,
    after: dict[str, str],
) -> None:
    assert fields.check_extra_fields(defined.tenant, "Cinstance", values, kept) == after


@pytest.mark.parametrize(
    ("values", "kept", "errors"),
    [
        ({}, None, {"tier": ["can't be blank"]}),
        ({"tier": " "}, {}, {"tier": ["can't be blank"]}),
        ({"tier": "gold", "size": "M"}, None, {"size": ["is not included in the list"]}),
        ({"tier": "x" * 4097}, {}, {"tier": ["is too long (maximum is 4096 characters)"]}),
        ({"tier": ["gold"]}, {}, {"tier": ["is invalid"]}),
        ({"tier": "a\0b"}, {}, {"tier": ["is invalid"]}),
    ],
)
def test_what_a_value_cannot_be_is_named(
    defined: Provider,
    values: dict[str, Any],
    kept: dict[str, str] | None,
    errors: dict[str, list[str]],
) -> None:
    with pytest.raises(ValidationError) as failed:
        fields.check_extra_fields(defined.tenant, "Cinstance", values, kept)
    assert failed.value.message_dict == errors


def test_columns_are_held_to_their_definitions(defined: Provider) -> None:
    check = fields.check_built_in
    check(defined.tenant, "Cinstance", {"redirect_url": "http://x"}, new=True)
    check(defined.tenant, "Cinstance", {})
    for values, new in (({}, True), ({"redirect_url": ""}, False)):
        with pytest.raises(ValidationError):
            check(defined.tenant, "Cinstance", values, new=new)


def test_values_are_shown_while_their_field_is_defined(defined: Provider) -> None:
    kept = {"size": "S", "gone": "x", "tier": "gold"}
    shown = fields.shown_extra_fields(defined.tenant, "Cinstance", kept)
    assert list(shown.items()) == [("tier", "gold"), ("size", "S")]
    row = next(r for r in fields.definitions_of(defined.tenant, "Cinstance") if r.name == "tier")
    delete_fields_definition(row, by=BY)
    assert fields.shown_extra_fields(defined.tenant, "Cinstance", kept) == {"size": "S"}
    assert fields.extra_names(defined.tenant, "Cinstance") == ["size"]


def test_fields_of_another_tenant_are_not_asked_for(defined: Provider, globex: Provider) -> None:
    assert fields.check_extra_fields(globex.tenant, "Cinstance", {"tier": "gold"}) == {}


UPDATES: list[tuple[str, Callable[[Provider], Any], Callable[..., None]]] = [
    ("Account", lambda p: p.account, update_account),
    ("User", lambda p: p.developer, update_user),
    ("Cinstance", lambda p: p.application, update_application),
]


@pytest.mark.parametrize(("target", "of", "update"), UPDATES, ids=[u[0] for u in UPDATES])
def test_a_field_that_somebody_else_set_meanwhile_stays(
    acme: Provider, target: str, of: Callable[[Provider], Any], update: Callable[..., None]
) -> None:
    for name in ("size", "colour"):
        create_fields_definition(acme.tenant, by=BY, target=target, name=name, label=name)
    row = of(acme)
    stale = type(row).objects.get(pk=row.pk)
    update(row, by=BY, extra_fields={"size": "L"})
    update(stale, by=BY, extra_fields={"colour": "red"})
    row.refresh_from_db()
    assert row.extra_fields == {"size": "L", "colour": "red"}
