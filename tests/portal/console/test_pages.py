"""Each page says who may see it, and the others are told what to do."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver

from portal.console.visiting import admin, member
from portal.people import BY, Provider
from portal.web.requests import get
from tollway.portal.accounts.models import User
from tollway.portal.console.pages import (
    ADMINS,
    ANYBODY,
    EVERYBODY,
    Access,
    actor_of,
    page,
    product_or_404,
    user_of,
)
from tollway.portal.plans.services import create_product

pytestmark = pytest.mark.django_db

DASHBOARD = "/p/admin/dashboard"


def visitor(host: str = "acme-admin.localhost") -> Client:
    return Client(headers={"host": host})


def test_who_has_not_signed_in_is_sent_to_do_so_and_back(acme: Provider) -> None:
    asked = f"{DASHBOARD}?a=1&b=/x"
    assert visitor().get(asked)["Location"] == f"/p/login?next={quote(asked)}"
    assert visitor().post("/p/logout", {"a": "1"})["Location"].startswith("/p/login")


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(acme: Provider) -> None:
    answer = visitor().get(DASHBOARD, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/p/login")


def test_pages_are_not_there_on_developers_hosts(acme: Provider) -> None:
    assert visitor("acme.localhost").get(DASHBOARD).status_code == 404


ACCESS = [
    (EVERYBODY, (), True),
    (ADMINS, (), False),
    (ADMINS, ("plans",), False),
    (User.Section.PLANS, ("plans",), True),
    (User.Section.PLANS, ("partners",), False),
]


@pytest.mark.parametrize(("section", "given", "admitted"), ACCESS)
def test_members_are_admitted_by_their_permissions(
    acme: Provider, section: str, given: tuple[str, ...], *, admitted: bool
) -> None:
    user = User(role=User.Role.MEMBER, allowed_sections=list(given))
    assert Access(section).admits(user) is admitted
    assert Access(section).admits(acme.admin)


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(user_of(request)))


def test_who_may_not_is_told_which_permission_it_takes_and_who_gives_it(acme: Provider) -> None:
    guarded = page("x", answer, name="x", section=User.Section.PLANS).callback
    client = member(acme)
    request = get(acme)
    request.session = client.session
    refused = guarded(request)
    text = refused.content.decode()
    assert refused.status_code == 403
    assert "You need the permission" in text
    assert "admin can give it to you" in text
    for_admins = page("x", answer, name="x", section=ADMINS).callback(request)
    assert "Only an admin may see this" in for_admins.content.decode()
    request.session = admin(acme).session
    assert guarded(request).content == b"admin"


def test_pages_are_compressed_and_never_cached(acme: Provider) -> None:
    answer = admin(acme).get(DASHBOARD, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "no-store" in answer["Cache-Control"]


def test_every_page_says_who_may_see_it(acme: Provider) -> None:
    sections = {ANYBODY, EVERYBODY, ADMINS, *User.Section.values}
    pages = [
        pattern
        for included in get_resolver().url_patterns
        for pattern in getattr(included, "url_patterns", [])
        if pattern.callback.__module__.startswith("tollway.portal.console")
        and pattern.name != "home"
    ]
    assert len(pages) > 3
    assert not [p.name for p in pages if p.callback.access.section not in sections]


def test_changes_are_made_in_the_name_of_who_is_signed_in(acme: Provider) -> None:
    actor = actor_of(get(acme))
    assert (actor.kind, actor.id, actor.request_id) == ("user", str(acme.admin.pk), "request-1")


def test_products_are_those_of_the_tenant_that_the_user_may_see(
    acme: Provider, globex: Provider
) -> None:
    request = get(acme)
    assert product_or_404(request, acme.product.pk) == acme.product
    other = create_product(acme.tenant, by=BY, name="Other")
    request.tollway_user = User(  # type: ignore[attr-defined]
        role=User.Role.MEMBER, allowed_sections=["plans"], allowed_service_ids=[other.pk]
    )
    assert product_or_404(request, other.pk) == other
    for hidden in (acme.product.pk, globex.product.pk, 0):
        with pytest.raises(Http404):
            product_or_404(request, hidden)
