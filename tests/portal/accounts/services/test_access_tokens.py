"""Access tokens: told once, kept as a digest, and no more than their user is permitted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.accounts.services import access_tokens, create_user, update_permissions


def make(user: User, **fields: Any) -> str:
    fields = {"name": "CI", "permission": "rw", "scopes": ["stats"], **fields}
    return access_tokens.create_access_token(user, by=BY, **fields)


def test_a_token_s_value_is_shown_once_and_not_kept(acme: Provider) -> None:
    value = make(acme.admin, permission="ro", scopes=["stats", "cms"])
    token = selectors.access_token_by_value(acme.tenant, value)
    assert token
    assert (token.user, token.name, token.permission) == (acme.admin, "CI", "ro")
    assert list(selectors.access_tokens_of(acme.tenant, acme.admin)) == [token]
    columns = AccessToken.objects.filter(pk=token.pk).values().get()
    assert value not in str(columns)
    access_tokens.delete_access_token(token, by=BY)
    assert selectors.access_token_by_value(acme.tenant, value) is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"permission": "rwx"}, {"permission": ["is not included in the list"]}),
        ({"scopes": []}, {"scopes": ["can't be blank"]}),
        ({"scopes": ["everything"]}, {"scopes": ["are invalid"]}),
        ({"scopes": "stats"}, {"scopes": ["are invalid"]}),
        ({"expires_at": "soon"}, {"expires_at": ["is invalid"]}),
    ],
)
def test_a_token_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as failed:
        make(acme.admin, **fields)
    assert failed.value.message_dict == errors


def test_a_token_changes_its_name_and_scopes_but_not_its_value(acme: Provider) -> None:
    value = make(acme.admin)
    token = selectors.access_token_by_value(acme.tenant, value)
    assert token
    access_tokens.update_access_token(token, by=BY, name="Nightly", scopes=["cms"])
    again = selectors.access_token_by_value(acme.tenant, value)
    assert again
    assert (again.name, again.scopes) == ("Nightly", ["cms"])
    with pytest.raises(TypeError):
        access_tokens.update_access_token(token, by=BY, expires_at=None)


@pytest.mark.parametrize(
    ("sections", "scopes"),
    [
        (["partners"], {"account_management"}),
        (["plans"], {"account_management"}),
        (["settings"], {"account_management"}),
        (["portal"], {"cms"}),
        (["finance"], {"finance"}),
        (["monitoring", "policy_registry"], {"stats", "policy_registry"}),
        ([], set()),
    ],
)
def test_a_member_s_token_opens_what_the_member_may(
    acme: Provider, sections: list[str], scopes: set[str]
) -> None:
    member = create_user(acme.tenant, by=BY, username="member", email="m@acme.example")
    update_permissions(member, by=BY, allowed_sections=sections)
    for scope in AccessToken.Scope.values:
        if scope in scopes:
            assert make(member, scopes=[scope])
        else:
            with pytest.raises(ValidationError) as failed:
                make(member, scopes=[scope])
            wrong = {"scopes": ["are more than the user is permitted"]}
            assert failed.value.message_dict == wrong
