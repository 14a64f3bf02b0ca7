"""Who may see which page: every page there is, for everybody who might ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from portal.apidocs.texts import text
from portal.console.visiting import admin, member
from portal.people import BY, Provider
from tollway.portal.accounts.models import FieldsDefinition, User
from tollway.portal.accounts.services import update_settings
from tollway.portal.apidocs.services import create_document
from tollway.portal.catalog.models import BackendUsage, MappingRule
from tollway.portal.console.pages import ANYBODY, EVERYBODY, Access
from tollway.portal.console.routes import urlpatterns
from tollway.portal.console.shell import AREAS

pytestmark = pytest.mark.django_db

PAGES: list[tuple[URLPattern, Access]] = [
    (pattern, pattern.callback.access)
    for pattern in urlpatterns
    if hasattr(pattern.callback, "access")
]
CLOSED = [row for row in PAGES if row[1].section != ANYBODY]
USUAL = {200, 302, 404, 405}
# What stands in a page's address: of Acme's.
PARTS: dict[str, Callable[[Provider], Any]] = {
    "product_id": lambda p: p.product.pk,
    "backend_id": lambda p: p.backend.pk,
    "usage_id": lambda p: BackendUsage.objects.get(product=p.product).pk,
    "account_id": lambda p: p.account.pk,
    "application_id": lambda p: p.application.pk,
    "metric_id": lambda p: p.hits.pk,
    "plan_id": lambda p: p.plan.pk,
    "period": lambda _: "hour",
    "kind": lambda _: "accounts-suspend",
    "subscription_id": lambda p: p.account.service_subscriptions.get(product=p.product).pk,
    "field_id": lambda p: FieldsDefinition.objects.filter(tenant=p.tenant)[0].pk,
    "document_id": lambda p: p.tenant.apidocuments.get().pk,
    "rule_id": lambda p: MappingRule.objects.get(product=p.product).pk,
}


@pytest.fixture(autouse=True)
def _everything_is_used(acme: Provider, globex: Provider) -> None:
    switches = {"account_plans_ui_visible": True, "service_plans_ui_visible": True}
    for provider in (acme, globex):
        update_settings(provider.tenant, by=BY, **switches)
        create_document(provider.tenant, by=BY, name="Echo", body=text())


def address(pattern: URLPattern, provider: Provider) -> str:
    parts = {
        name: PARTS[name](provider) if name in PARTS else _some(converter)
        for name, converter in pattern.pattern.converters.items()
    }
    return reverse(str(pattern.name), kwargs=parts)


def _some(converter: Any) -> int | str:
    return 1 if type(converter).__name__ == "IntConverter" else "production"


def test_every_page_is_declared_with_its_access() -> None:
    undeclared = [p.name for p in urlpatterns if not hasattr(p.callback, "access")]
    assert undeclared == []
    assert len(CLOSED) > 20
    assert {area.page for area in AREAS} <= {str(pattern.name) for pattern, _ in PAGES}


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(acme: Provider) -> None:
    client = Client(headers={"host": "acme-admin.localhost:3000"})
    for pattern, _ in CLOSED:
        path = address(pattern, acme)
        response = client.get(path)
        assert (path, response.status_code) == (path, 302)
        assert response["Location"] == f"/p/login?next={path}"


def test_an_admin_may_everything_and_no_page_fails(acme: Provider) -> None:
    client = admin(acme)
    answers = {}
    for pattern, _ in CLOSED:
        path = address(pattern, acme)
        answers[path] = client.get(path).status_code
    assert not {path: status for path, status in answers.items() if status not in USUAL}


@pytest.mark.parametrize("section", ["", *User.Section.values])
def test_a_member_may_what_one_permission_opens_and_nothing_else(
    acme: Provider, section: str
) -> None:
    client = member(acme, *filter(None, [section]))
    wrong = {}
    for pattern, access in CLOSED:
        path = address(pattern, acme)
        may = access.section in {EVERYBODY, section}
        if (client.get(path).status_code != 403) != may:
            wrong[path] = access.section
    assert not wrong


def test_strangers_and_developers_get_nowhere(acme: Provider, globex: Provider) -> None:
    """A session of Globex opens nothing at Acme's host, and nothing of Acme's at its own."""
    developer, stranger = Client(headers={"host": "acme.localhost:3000"}), admin(globex)
    at_acme = {"host": "acme-admin.localhost:3000"}
    wrong = []
    for pattern, access in PAGES:
        path = address(pattern, acme)
        if developer.get(path).status_code != 404:
            wrong.append(f"{path} for a developer")
        if access.section != ANYBODY and stranger.get(path, headers=at_acme).status_code != 302:
            wrong.append(f"{path} with a session of Globex's")
        owned = set(pattern.pattern.converters) & {
            "product_id", "backend_id", "application_id", "subscription_id",
        }  # fmt: skip
        if owned and stranger.get(path).status_code not in {404, 405}:
            wrong.append(f"{path} at Globex")
    assert not wrong
