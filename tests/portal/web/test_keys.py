"""Both portals change an application's credentials alike, and say what becomes of the old ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from portal.people import BY, Provider
from portal.web.requests import post
from tollway.portal.applications.selectors import keys_of, referrer_filters_of
from tollway.portal.applications.services import update_product
from tollway.portal.web import keys
from tollway.portal.web.toasts import take

pytestmark = pytest.mark.django_db
PAGE = "/where/it/is/shown"


def holder(provider: Provider, overlaps: Any = ("24", "0"), **form: str) -> keys.Holder:
    return keys.Holder(post(provider, form), provider.application, BY, PAGE, overlaps)


def said(of: keys.Holder) -> str:
    [toast] = take(of.request)
    return f"{toast.text}. {toast.detail}"


@pytest.mark.parametrize(
    ("keep", "becomes"),
    [("0", "is refused within a second"), ("24", "on working until"), ("168", "on working until")],
)
def test_it_is_said_what_becomes_of_the_old_key(acme: Provider, keep: str, becomes: str) -> None:
    of = holder(acme, keep=keep)
    assert keys.replace_user_key(of)["Location"] == PAGE
    assert said(of).startswith("There is a new user key. The old one")
    keys.replace_user_key(of)
    assert becomes in said(of)


def test_replaced_user_keys_are_ended(acme: Provider) -> None:
    of = holder(acme)
    keys.replace_user_key(of)
    said(of)
    keys.end_replaced_user_keys(of)
    assert said(of).startswith("Replaced user keys are refused")
    assert not acme.application.former_user_keys.exists()


def test_keys_are_added_replaced_deleted_and_refused(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2", mandatory_app_key=False)
    of = holder(acme, keep="0")
    keys.add_key(of, "chosen-by-hand")
    assert said(of).startswith(keys.KEY_ADDED)
    [key] = keys_of(acme.tenant, acme.application)
    keys.replace_key(of, key.pk)
    assert said(of).startswith("There is a new key. The old one is refused")
    [key] = keys_of(acme.tenant, acme.application)
    keys.add_key(of, "no")
    assert said(of).startswith("Nothing was changed")
    keys.delete_key(of, key.pk)
    assert said(of) == f"The key is deleted. {keys.IN_FORCE}"
    for act in (keys.delete_key, keys.replace_key):
        with pytest.raises(Http404):
            act(of, key.pk)


def test_a_referrer_is_added_removed_and_offered_back(acme: Provider) -> None:
    of = holder(acme)
    keys.add_referrer(of, "*.example.com")
    [row] = referrer_filters_of(acme.tenant, acme.application)
    said(of)
    for _ in range(2):
        assert keys.remove_referrer(of, row.pk, again="/again")["Location"] == PAGE
    [toast] = take(of.request)
    assert (toast.undo, toast.fields) == ("/again", {"value": "*.example.com"})
    assert not referrer_filters_of(acme.tenant, acme.application)
