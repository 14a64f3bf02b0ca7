"""Promoting what was tested, rolling back, and the history of versions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import admin, text, toasts
from portal.people import BY, Provider
from portal.tryout.gateways import Said, served
from tollway.portal.applications.services import update_product
from tollway.portal.catalog import selectors
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.console.integration import example, history, promoting, versions
from tollway.portal.tryout import services as tryout
from tollway.portal.tryout.models import Tryout

pytestmark = pytest.mark.django_db

GREEN, RED = Said(200, {}, b"ok"), Said(500, {}, b"oops")


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody serves production here."""
    monkeypatch.setattr(tryout, "PRODUCTION_S", 0.0)


def product_url(provider: Provider, more: str = "") -> str:
    return f"/apiconfig/services/{provider.product.pk}/{more}"


def in_force(provider: Provider, environment: str) -> Any:
    return selectors.config_in_force(provider.tenant, provider.product, environment)


def after_a_test(provider: Provider, answer: Said) -> int:
    """Test what is on staging; return its version."""
    with served(provider, answer):
        proxy = selectors.proxy_of(provider.tenant, provider.product)
        tryout.try_staging(provider.product, example.caller_of(provider.product, proxy), by=BY)
    return int(in_force(provider, "sandbox").version)


def send(client: Client, provider: Provider, version: int) -> str:
    client.post(product_url(provider, "integration/promote"), {"version": str(version)})
    return toasts(client)


def test_what_was_green_is_promoted_and_can_be_undone(acme: Provider, client: Client) -> None:
    version = after_a_test(acme, GREEN)
    shown = client.get(product_url(acme, "integration")).content.decode()
    assert re.search(r'id="promote-button" data-bs-toggle="modal"', shown)
    assert f"Promote v{version} to production?" in shown
    assert f"v{version} is in production" in send(client, acme, version)
    assert in_force(acme, "production").version == version
    assert in_force(acme, "production").author == acme.admin

    update_proxy(acme.product, by=BY, api_test_path="/v2")
    second = after_a_test(acme, GREEN)
    said = send(client, acme, second)
    undo = re.search(r'action="([^"]+/promote)"', said)
    assert undo
    client.post(undo[1])
    assert in_force(acme, "production").version == version


def test_what_was_red_or_never_tested_is_not(acme: Provider, client: Client) -> None:
    deploy(acme.product, by=BY)
    shown = client.get(product_url(acme, "integration")).content.decode()
    assert 'id="promote-button" disabled' in shown
    assert "has not been tested yet" in send(client, acme, 1)
    version = after_a_test(acme, RED)
    assert f"The test of v{version} failed" in send(client, acme, version)
    assert in_force(acme, "production") is None


def test_a_test_is_good_for_the_version_that_was_tested(acme: Provider, client: Client) -> None:
    version = after_a_test(acme, GREEN)
    update_proxy(acme.product, by=BY, error_no_match="Nothing here")
    assert f"Staging runs v{version + 1} by now" in send(client, acme, version)
    assert "has not been tested yet" in send(client, acme, version + 1)
    assert in_force(acme, "production") is None


def test_without_a_test_request_versions_are_promoted_untested(
    acme: Provider, client: Client
) -> None:
    update_proxy(acme.product, by=BY, api_test_path="")
    assert "there is no test request" in text(client.get(product_url(acme, "integration")))
    assert "v1 is in production" in send(client, acme, 1)


def test_openid_connect_is_promoted_untested_too(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="oidc")
    deploy(acme.product, by=BY)
    proxy = selectors.proxy_of(acme.tenant, acme.product)
    gate = versions.gate_of(acme.product, proxy, 1)
    assert gate.is_open
    assert "access token" in gate.text


def test_promoting_twice_does_it_once(acme: Provider, client: Client) -> None:
    version = after_a_test(acme, GREEN)
    send(client, acme, version)
    assert f"v{version} is in production already" in send(client, acme, version)
    assert selectors.proxy_configs_of(acme.tenant, acme.product, "production").count() == 1


@pytest.fixture
def two(acme: Provider) -> tuple[int, int]:
    """Two versions of production; return the ids of their rows."""
    deploy(acme.product, by=BY)
    first = promote(acme.product, by=BY, version=1)
    update_proxy(acme.product, by=BY, error_no_match="Nothing here", secret_token="s3cret")
    second = promote(acme.product, by=BY, version=2)
    return first.pk, second.pk


def test_an_older_version_is_shown_with_what_it_changes_and_put_back(
    acme: Provider, client: Client, two: tuple[int, int]
) -> None:
    first, second = two
    page = text(client.get(product_url(acme, f"proxy_configs/{first}")))
    assert "What putting it back changes" in page
    assert "Answer without a matching rule is 404 No Mapping Rule matched" in page
    assert "What it changed" in text(client.get(product_url(acme, f"proxy_configs/{second}")))
    client.post(product_url(acme, f"proxy_configs/{first}/promote"))
    assert "v1 is in production" in toasts(client)
    assert in_force(acme, "production").version == 1


def test_only_what_has_been_in_production_is_put_back(
    acme: Provider, client: Client, two: tuple[int, int]
) -> None:
    staging = selectors.proxy_configs_of(acme.tenant, acme.product, "sandbox").first()
    assert staging
    url = product_url(acme, f"proxy_configs/{staging.pk}/promote")
    assert client.post(url).status_code == 404
    assert client.get(url).status_code == 405


def test_a_strangers_versions_are_not_there(
    acme: Provider, globex: Provider, two: tuple[int, int]
) -> None:
    stranger, other = admin(globex), acme.another_product()
    for more in (f"proxy_configs/{two[0]}", f"proxy_configs/{two[0]}.json", "proxy_configs"):
        assert stranger.get(product_url(acme, more)).status_code == 404
    mine = admin(acme)
    path = f"/apiconfig/services/{other.pk}/proxy_configs/{two[0]}"
    assert mine.get(path).status_code == 404, "of another product of one's own"
    assert stranger.post(product_url(acme, f"proxy_configs/{two[0]}/promote")).status_code == 404


def test_the_history_is_searched_and_told_by_environment(
    acme: Provider, client: Client, two: tuple[int, int]
) -> None:
    url = product_url(acme, "proxy_configs")
    production = client.get(url, {"environment": "production"}).content.decode()
    rows = re.findall(r"proxy_configs/(\d+)\">v(\d+)<", production)
    assert [int(version) for _, version in rows] == [2, 1]
    assert production.count("In force") == 1
    found = client.get(url, {"environment": "production", "q": "v1"}).content.decode()
    assert re.findall(r"\">v(\d+)<", found) == ["1"]
    assert "No versions match" in text(client.get(url, {"q": "nobody"}))
    for odd in ({"environment": "moon"}, {"page": "x", "sort": "y"}):
        assert client.get(url, odd).status_code == 200
    mesh = acme.another_product("Mesh", deployment_option="service_mesh_istio")
    empty = client.get(f"/apiconfig/services/{mesh.pk}/proxy_configs")
    assert "No version yet" in text(empty)
    assert "Staging" not in text(empty).partition("Versions")[2].partition("put")[0]


def test_a_page_of_history_costs_the_same_however_long_it_is(
    acme: Provider, client: Client, two: tuple[int, int]
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(product_url(acme, "proxy_configs")).status_code == 200
        return len(asked)

    client.get(product_url(acme, "proxy_configs"))
    few = questions()
    for number in range(5):
        update_proxy(acme.product, by=BY, api_test_path=f"/{number}")
    assert questions() == few


def test_a_version_is_downloaded_as_the_api_gives_it(
    acme: Provider, client: Client, two: tuple[int, int]
) -> None:
    url = product_url(acme, f"proxy_configs/{two[1]}.json")
    shown, full = client.get(url), client.get(url, {"secrets": "1"})
    assert shown["Content-Disposition"] == 'attachment; filename="api-production-v2.json"'
    token = selectors.service_tokens_of(acme.tenant, acme.product)[0].value
    content = json.loads(full.content)["proxy_config"]["content"]
    assert content["backend_authentication_value"] == token
    assert content["proxy"]["secret_token"] == "s3cret"
    assert token not in shown.content.decode()
    assert "s3cret" not in shown.content.decode()
    assert json.loads(shown.content)["proxy_config"]["version"] == 2
    page = client.get(product_url(acme, f"proxy_configs/{two[1]}")).content.decode()
    assert token not in page
    assert "s3cret" not in page


def test_what_is_hidden_is_only_what_is_secret() -> None:
    proxy = {"secret_token": "a", "oidc_issuer_endpoint": None, "api_backend": "b"}
    shown = history.without_secrets({"backend_authentication_value": "c", "id": 1, "proxy": proxy})
    hidden = {**proxy, "secret_token": history.HIDDEN}
    assert shown == {"backend_authentication_value": history.HIDDEN, "id": 1, "proxy": hidden}


def test_versions_say_who_and_where(acme: Provider, two: tuple[int, int]) -> None:
    found = versions.versions_of(acme.product, selectors.proxy_of(acme.tenant, acme.product))
    assert found.staging is not None
    assert found.production is not None
    assert (found.staging.version, found.is_behind, found.draft.all) == (2, False, ())
    assert ".staging.gateway." in found.staging.address
    assert versions.author_of(Tryout(product=acme.product)) == "Tollway"
    assert promoting.config_or_404(acme.product, two[0]).version == 1
