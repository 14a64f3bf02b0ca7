"""Every answer carries the headers that keep a browser safe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from portal.people import Provider
from tollway.portal.web.headers import CONTENT_SECURITY_POLICY, content_security_policy

PORTAL = Path(__file__).parents[3] / "src/tollway/portal"
PAGES = PORTAL.rglob("templates/**/*.html")
TEMPLATES = sorted(path for path in PAGES if "mail" not in path.parts)  # mail has no stylesheet


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/p/login", "/admin/api/services.json", "/nothing", "/status"])
def test_every_answer_carries_them(acme: Provider, path: str) -> None:
    response = Client(headers={"host": "acme-admin.localhost"}).get(path)
    assert response["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "X-Served-By" not in response


def test_the_policy_allows_nothing_inline_and_no_framing() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY


def test_a_page_may_be_let_call_others_and_that_is_all_it_changes() -> None:
    policy = content_security_policy(calls=["https://api.example"])
    assert "connect-src 'self' https://api.example;" in policy
    assert policy.replace(" https://api.example", "") == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_scripts_styles_or_handlers(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    conditions = re.findall(r"hx-trigger=\"[^\"]*\[[^\"]*\"", text)
    assert not conditions, "code that the policy forbids: the request would never be sent"


@pytest.mark.django_db
def test_cookies_stay_on_their_host_and_away_from_scripts_and_other_sites(acme: Provider) -> None:
    response = Client(headers={"host": "acme-admin.localhost"}).get("/p/login")
    cookie = response.cookies["tollway_csrf"]
    assert (cookie["domain"], cookie["samesite"], cookie["httponly"]) == ("", "Lax", True)
