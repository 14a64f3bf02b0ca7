"""The provider's pages about its portal: brand, terms, addresses, and the way to look at it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client, RequestFactory

from portal.console.visiting import admin, member, text
from portal.developer.test_sign_up import send
from portal.developer.visiting import host_of
from portal.people import BY, Provider
from portal.storefront.test_logos import png
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import update_tenant
from tollway.portal.applications.services import change_state
from tollway.portal.console.storefront import addresses, brand, terms, visit
from tollway.portal.mail.models import Mail
from tollway.portal.notices.services import announce
from tollway.portal.storefront.models import Acceptance, Brand, Terms
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import Side, Site

pytestmark = pytest.mark.django_db
LOGO = "/p/admin/account/logo"
TERMS = "/p/admin/cms/builtin_legal_terms"
ADDRESSES = "/site/emails/edit"
VISIT = "/p/admin/cms/visit_portal"


def upload(client: Client, data: bytes, name: str = "logo.png") -> Any:
    return client.post(LOGO, {"logo": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize(
    ("typed", "saved"), [("#e11d48", "#e11d48"), ("E11D48", "#e11d48"), ("", "")]
)
def test_a_colour_is_saved_as_it_is_typed(acme: Provider, typed: str, saved: str) -> None:
    client = admin(acme)
    assert client.post(f"{LOGO}/colour", {"colour": typed}).status_code == 302
    assert Brand.objects.get(tenant=acme.tenant).colour == saved
    page = client.get(f"{LOGO}/edit").content.decode()
    assert f'value="{saved}"' in page or not saved


@pytest.mark.parametrize(
    ("typed", "said"),
    [("red", brand.NO_COLOUR), ("#ffffff", "to be read in the light theme"), ("#12", "digits")],
)
def test_a_colour_that_cannot_be_read_is_refused_with_the_reason(
    acme: Provider, typed: str, said: str
) -> None:
    answer = admin(acme).post(f"{LOGO}/colour", {"colour": typed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert f'value="{typed}"' in answer.content.decode()
    assert not Brand.objects.filter(colour__gt="").exists()


def test_a_pale_colour_is_taken_and_what_becomes_of_it_is_said(acme: Provider) -> None:
    client = admin(acme)
    client.post(f"{LOGO}/colour", {"colour": "#ffd400"})
    assert "for #ffd400 itself would be hard to read" in text(client.get(f"{LOGO}/edit"))


@pytest.mark.parametrize("typed", ["", "red", "#ffffff", "e11d48;}", "{{"])
def test_the_preview_shows_colours_only(acme: Provider, typed: str) -> None:
    client = admin(acme)
    assert client.get(f"{LOGO}/preview.css", {"colour": typed}).status_code == 404
    sheet = client.get(f"{LOGO}/preview.css", {"colour": "#E11D48"})
    assert sheet.content.decode().startswith(".tw-brand-sample {")


def test_a_logo_is_uploaded_shown_and_removed(acme: Provider) -> None:
    client = admin(acme)
    assert client.get(f"{LOGO}/picture").status_code == 404
    assert upload(client, png()).status_code == 302
    assert client.get(f"{LOGO}/picture")["Content-Type"] == "image/png"
    assert "Remove the logo" in text(client.get(f"{LOGO}/edit"))
    assert client.post(LOGO, {"remove": "yes"}).status_code == 302
    assert client.get(f"{LOGO}/picture").status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a-not-taken", "neither a PNG nor an SVG"),
        (b"", "The file is empty"),
        (b"x" * (300 * 1024), "too large"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "does not draw: script"),
    ],
)
def test_a_file_that_is_no_logo_is_refused_with_the_reason(
    acme: Provider, data: bytes, said: str
) -> None:
    client = admin(acme)
    answer = upload(client, data)
    assert answer.status_code == 422
    assert said in text(answer)
    assert "Choose a file." in text(client.post(LOGO))
    assert not Brand.objects.filter(logo_digest__gt="").exists()


def test_members_need_the_permission(acme: Provider) -> None:
    planner = member(acme, "plans")
    for path in (f"{LOGO}/edit", LOGO, f"{LOGO}/colour", TERMS, ADDRESSES):
        assert planner.post(path, {"colour": "#e11d48"}).status_code == 403
    assert member(acme, "portal", name="painter").get(f"{LOGO}/edit").status_code == 200
    assert member(acme, "settings", name="lawyer").get(TERMS).status_code == 200
    assert not Brand.objects.exists()


def seen(client: Client, kind: str) -> str:
    page = client.get(TERMS).content.decode()
    part = page.split(f'name="kind" value="{kind}"')[1]
    found = re.search(r'name="seen" value="([^"]*)"', part)
    assert found
    return found[1]


def test_terms_are_put_in_force_and_whoever_signs_up_accepts_them(acme: Provider) -> None:
    client, kind = admin(acme), Terms.Kind.SIGN_UP
    page = text(client.get(TERMS))
    for each in Terms.Kind:
        assert terms.ABOUT[each] in page
    first = {"kind": kind, "text": "Be kind.", "seen": seen(client, kind)}
    assert client.post(TERMS, first).status_code == 302
    clash = client.post(TERMS, {**first, "text": "From an old page."})
    assert clash.status_code == 409
    assert "Be kind." in text(clash)
    assert "From an old page." in text(clash)
    assert client.post(TERMS, {"kind": kind, "text": "x" * 100_001}).status_code == 422
    Tenant.objects.filter(pk=acme.tenant.pk).update(site_access_code="")
    visitor = Client(headers=host_of(acme))
    assert "Be kind." in text(visitor.get("/signup"))
    refused = send(visitor)
    assert refused.status_code == 422
    assert "Read and accept these terms" in text(refused)
    assert not Account.objects.filter(org_name="Night Bus").exists()
    version = Terms.objects.get()
    assert send(visitor, **{f"terms_{version.pk}": "yes"}).status_code == 302
    accepted = Acceptance.objects.get()
    assert (accepted.user.username, accepted.terms) == ("maya", version)


def test_mail_to_developers_comes_from_the_outgoing_address(acme: Provider) -> None:
    client = admin(acme)
    wrong = client.post(ADDRESSES, {"from_email": "nonsense", "support_email": "s@acme.example"})
    assert wrong.status_code == 422
    assert "Enter an address like" in text(wrong)
    sent = {
        "from_email": "api@acme.example", "support_email": "help@acme.example",
        "finance_support_email": "money@acme.example",
    }  # fmt: skip
    assert client.post(ADDRESSES, sent).status_code == 302
    shown = addresses.AddressesForm(sent)
    assert {field.name: field.value() for field in shown} == sent
    page = client.get(ADDRESSES).content.decode()
    assert all(f'value="{address}"' in page for address in sent.values())
    announce()
    change_state(acme.application, "suspend", by=BY)
    announce()
    mail = Mail.objects.get()
    assert (mail.sender, mail.sender_name, mail.reply_to) == (
        "api@acme.example", "Acme", "help@acme.example",
    )  # fmt: skip
    assert "SPF" in text(client.get(ADDRESSES))


def go_on(page: Any) -> tuple[str, str]:
    found = re.search(r'action="([^"]+/visit)"[^>]*>.*?value="([^"]+)"', page.content.decode())
    assert found
    return found[1], found[2]


def test_the_provider_looks_at_a_closed_portal_without_the_code(acme: Provider) -> None:
    client = admin(acme)
    assert VISIT in client.get("/p/admin/dashboard").content.decode()
    page = client.get(VISIT)
    target, value = go_on(page)
    assert target == "http://acme.localhost:3000/visit"
    assert f"form-action 'self' {target.removesuffix('visit')};" in page["Content-Security-Policy"]
    assert Tenant.objects.get(pk=acme.tenant.pk).site_access_code not in page.content.decode()
    browser = Client(headers=host_of(acme), enforce_csrf_checks=True)
    assert browser.get("/")["Location"].startswith("/access_code")
    assert browser.post("/visit", {"pass": value})["Location"] == "/"
    assert browser.get("/").status_code == 200
    other = Client(headers=host_of(acme))
    other.post("/visit", {"pass": value})
    assert other.get("/").status_code == 302, "a pass opens one browser"
    assert browser.get("/admin")["Location"].startswith("/login"), "and signs nobody in"


def test_passes_of_others_and_none_at_all_open_nothing(acme: Provider, globex: Provider) -> None:
    _, value = go_on(admin(globex).get(VISIT))
    browser = Client(headers=host_of(acme))
    for wrong in (value, "", "x" * 4000):
        browser.post("/visit", {"pass": wrong})
        assert browser.get("/").status_code == 302
    assert browser.get("/visit").status_code == 405
    assert Client(headers={"host": "acme-admin.localhost:3000"}).get(VISIT).status_code == 302


def test_an_open_portal_is_led_to_at_once(acme: Provider) -> None:
    update_tenant(acme.tenant, by=BY, site_access_code="")
    answer = admin(acme).get(VISIT)
    assert answer["Location"] == "http://acme.localhost:3000/"


def test_the_operator_has_no_portal_to_look_at(master: Tenant) -> None:
    request = RequestFactory().get(VISIT)
    request.tollway = Site(  # type: ignore[attr-defined]
        master, Side.MASTER, "master.localhost", "request-1"
    )
    with pytest.raises(Http404):
        visit.visit(request)
