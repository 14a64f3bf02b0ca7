"""Passwords that are chosen, and fields that an organisation has defined."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.services import create_fields_definition
from tollway.portal.web import people_fields as fields
from tollway.portal.web.people_fields import NewPasswordField

PASSWORDS = [
    ("correct horse", ""),
    ("  six  ", ""),
    ("short", "Use at least 6 characters. This has 5."),
    ("123456", fields.COMMON),
    ("Password1", fields.COMMON),
    ("x" * 1025, "Ensure this value has at most 1024 characters (it has 1025)."),
]


@pytest.mark.parametrize(("password", "message"), PASSWORDS)
def test_a_password_is_long_enough_and_none_that_is_tried_first(
    password: str, message: str
) -> None:
    field = NewPasswordField("Password", least=6)
    if not message:
        assert field.clean(password) == password
        return
    with pytest.raises(ValidationError) as refused:
        field.clean(password)
    assert refused.value.messages == [message]


def test_where_strong_ones_are_asked_for_the_field_says_so() -> None:
    field = NewPasswordField("Password", least=15)
    assert "At least 15 characters" in str(field.help_text)
    assert field.widget.attrs["data-least"] == 15


@pytest.mark.django_db
def test_what_is_no_column_goes_to_the_extra_fields(acme: Provider) -> None:
    create_fields_definition(acme.tenant, by=BY, target="User", name="team", label="Team")
    defined = fields.defined_fields(
        definitions_of(acme.tenant, Target.USER), without={"username", "email"}
    )
    assert list(defined) == ["first_name", "last_name", "team"]
    sent = {"username": "ana", "first_name": "Ana", "team": "Blue"}
    assert fields.with_extra_fields(Target.USER, sent, defined) == {
        "username": "ana",
        "first_name": "Ana",
        "extra_fields": {"team": "Blue"},
    }
