"""The brand on the developers' side: what is served, how, and that pages only refer to it."""

from __future__ import annotations

import re

import pytest

from portal.developer.visiting import visitor
from portal.people import BY, Provider
from portal.storefront.test_logos import DRAWING, png
from tollway.portal.developer import theme
from tollway.portal.storefront.services import set_colour, set_logo

pytestmark = pytest.mark.django_db


def linked(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    return found[1] if found else ""


def sheet_of(page: str) -> str:
    return linked(page, r'href="(/theme/[0-9a-f]+\.css)"')


def logo_of(page: str) -> str:
    return linked(page, r'src="(/theme/logo/[0-9a-f]+)"')


def test_without_a_brand_a_page_has_none(acme: Provider) -> None:
    page = visitor(acme).get("/").content.decode()
    assert sheet_of(page) == logo_of(page) == ""


def test_the_colour_is_a_stylesheet_that_may_be_kept(acme: Provider) -> None:
    set_colour(acme.tenant, "#e11d48", by=BY)
    client = visitor(acme, code=True)
    page = client.get("/access_code").content.decode()
    path = sheet_of(page)
    answer = client.get(path)
    assert answer["Content-Type"].startswith("text/css")
    assert answer["Cache-Control"] == theme.KEPT
    assert "--tw-primary: light-dark(#e11d48" in answer.content.decode()
    assert " style=" not in page
    set_colour(acme.tenant, "#7c3aed", by=BY)
    assert client.get(path).status_code == 404, "an old address shows no other colour"
    assert sheet_of(client.get("/access_code").content.decode()) != path


@pytest.mark.parametrize(
    ("data", "kind"), [(png(), "image/png"), (DRAWING.encode(), "image/svg+xml")]
)
def test_the_logo_is_served_as_a_picture_and_nothing_else(
    acme: Provider, globex: Provider, data: bytes, kind: str
) -> None:
    set_logo(acme.tenant, data, by=BY)
    client = visitor(acme)
    path = logo_of(client.get("/").content.decode())
    answer = client.get(path)
    assert answer["Content-Type"] == kind
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "script-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == theme.KEPT
    assert visitor(globex).get(path).status_code == 404
    set_logo(acme.tenant, b"", by=BY)
    assert client.get(path).status_code == 404
    assert client.get(f"/theme/logo/{'0' * 32}").status_code == 404
