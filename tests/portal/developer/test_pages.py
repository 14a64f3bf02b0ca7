"""Every page of the developers' side, for everybody who might ask."""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve, reverse

from portal.console.visiting import admin
from portal.developer.visiting import developer, host_of, visitor
from portal.people import BY, Provider
from tollway.portal.accounts.models import Invitation
from tollway.portal.accounts.services import invite, update_settings
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import add_key, add_referrer_filter
from tollway.portal.catalog.models import Product
from tollway.portal.developer import (
    acting,
    entering,
    invitations,
    links,
    plans,
    reference,
    sign_up,
    theme,
)
from tollway.portal.developer.pages import ANYBODY, DEVELOPERS, VISITORS
from tollway.portal.developer.routes import urlpatterns

pytestmark = pytest.mark.django_db

# What is to be seen before anybody has signed in; without the access code, and with it.
BEFORE_SIGNING_IN: dict[str, set[Callable[..., Any]]] = {
    ANYBODY: {
        entering.access_code, entering.visit, theme.theme, theme.logo, acting.begin, acting.end,
    },
    VISITORS: {
        plans.index, reference.index, reference.document, reference.specs, reference.spec,
        entering.sign_in_page, entering.sign_out_page, sign_up.form, sign_up.success,
        invitations.accept, links.activation, links.forgotten, links.new_password,
    },
}  # fmt: skip


@pytest.mark.parametrize("who", BEFORE_SIGNING_IN)
def test_what_is_open_is_meant_to_be(who: str) -> None:
    found = {
        unwrap(pattern.callback) for pattern in urlpatterns if vars(pattern.callback)["who"] == who
    }
    assert found == {unwrap(view) for view in BEFORE_SIGNING_IN[who]}


def addresses(provider: Provider) -> dict[str, str]:
    """Return every page's address, about what ``provider`` owns, by its name."""
    key = add_key(provider.application, by=BY)
    switches = {"service_plans_ui_visible": True, "account_plans_ui_visible": True}
    update_settings(provider.tenant, by=BY, **switches)
    Product.objects.filter(pk=provider.product.pk).update(buyer_can_select_plan=True)
    parts: dict[str, Any] = {
        "application_id": provider.application.pk,
        "key_id": key.pk,
        "code": "x" * 43,
        "digest": "0" * 24,
        "system_name": "none",
        "filter_id": add_referrer_filter(provider.application, by=BY, value="*").pk,
        "user_id": provider.developer.pk,
        "subscription_id": provider.account.service_subscriptions.get().pk,
        "invitation_id": invite(provider.account, by=BY, email="mate@dev.example").pk,
    }
    return {
        str(pattern.name): reverse(
            str(pattern.name), kwargs={name: parts[name] for name in pattern.pattern.converters}
        )
        for pattern in urlpatterns
    }


CLOSED = [str(p.name) for p in urlpatterns if getattr(p.callback, "who") == DEVELOPERS]  # noqa: B009
OPEN = [str(p.name) for p in urlpatterns if getattr(p.callback, "who") == ANYBODY]  # noqa: B009
ABOUT = {"application_id", "subscription_id", "user_id", "invitation_id"}
OWNED = [str(p.name) for p in urlpatterns if ABOUT & set(p.pattern.converters)]


def test_every_page_is_reached_and_says_who_may_see_it(acme: Provider) -> None:
    by_name = {str(pattern.name): pattern.callback for pattern in urlpatterns}
    for name, path in addresses(acme).items():
        assert resolve(path).func is by_name[name], f"{path} is somebody else's"
        assert hasattr(by_name[name], "who")
    assert len(CLOSED) >= 7


def test_there_is_none_of_them_on_an_admins_host(acme: Provider) -> None:
    client = admin(acme)
    found = {path: client.get(path).status_code for path in addresses(acme).values()}
    assert set(found.values()) == {404}, found


def test_nothing_but_the_code_is_shown_before_the_code(acme: Provider) -> None:
    client = visitor(acme, code=True)
    for name, path in addresses(acme).items():
        answer = client.get(path)
        if name in OPEN:
            assert answer.status_code in {200, 404, 405}
        else:
            assert answer["Location"].startswith("/access_code?return_to="), path


def test_a_visitor_is_sent_to_sign_in(acme: Provider) -> None:
    client, found = visitor(acme), addresses(acme)
    for name in CLOSED:
        for answer in (client.get(found[name]), client.post(found[name])):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/login?next="), name


def test_a_developer_sees_every_page_and_no_page_fails(acme: Provider) -> None:
    client, found = developer(acme), addresses(acme)
    answers = {name: client.get(found[name]).status_code for name in CLOSED}
    assert set(answers.values()) <= {200, 405}, answers


def test_a_developer_of_another_tenant_or_account_gets_nowhere(
    acme: Provider, globex: Provider
) -> None:
    stranger, found = developer(globex), addresses(acme)
    for name in OWNED:
        assert stranger.get(found[name]).status_code in {404, 405}, name
        assert stranger.post(found[name]).status_code in {404, 405}, name
    visitor(acme)
    for name in CLOSED:
        answer = stranger.get(found[name], headers=host_of(acme))
        assert answer["Location"].startswith("/login"), name
    assert Invitation.objects.count() == 1


def test_an_admins_session_is_nothing_here(acme: Provider) -> None:
    visitor(acme)
    client = admin(acme)
    for path in addresses(acme).values():
        assert client.get(path, headers=host_of(acme)).status_code in {200, 302, 404, 405}
    assert Client(headers=host_of(acme)).get("/admin").status_code == 302


def test_no_form_is_taken_from_another_site(acme: Provider) -> None:
    """But for two, whose body holds a token that only the admin portal can have made."""
    with_token = {"developer-act-as", "developer-visit"}
    session = developer(acme).cookies
    forged = Client(headers=host_of(acme), enforce_csrf_checks=True)
    forged.cookies.update(session)
    for name, path in addresses(acme).items():
        answer = forged.post(path, {"password": "x", "typed": "App"})
        assert answer.status_code == 403 or name in with_token, name
    assert Application.objects.filter(pk=acme.application.pk).exists()
    assert forged.get("/admin").status_code == 200
