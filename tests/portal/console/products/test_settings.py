"""The settings page: what each card saves, what a switch would break, and secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from portal.console.visiting import admin, seen, text, toasts
from portal.people import BY, Provider
from portal.tryout.gateways import Said, speaking
from tollway.portal.applications.services import change_state, update_product
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Proxy
from tollway.portal.catalog.services import delete_backend_usage, update_proxy
from tollway.portal.console.products import settings, settings_forms
from tollway.portal.console.products.settings_forms import issuer_address, issuer_parts
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

AUTHENTICATION = {
    "backend_version": "1",
    "credentials_location": "query",
    "auth_user_key": "user_key",
    "auth_app_id": "app_id",
    "auth_app_key": "app_key",
    "oidc_issuer_type": "keycloak",
    "standard_flow_enabled": "on",
}


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def page_of(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/settings"


def proxy_of(provider: Provider) -> Proxy:
    return selectors.proxy_of(provider.tenant, provider.product)


def answers(provider: Provider) -> dict[str, Any]:
    proxy, form = proxy_of(provider), settings_forms.AnswersForm()
    return {name: getattr(proxy, name) for name in form.fields}


def send(client: Client, provider: Provider, part: str, sent: dict[str, Any]) -> Any:
    return client.post(page_of(provider), {"part": part, **sent})


def test_the_page_tells_deployments_apart(acme: Provider, client: Client) -> None:
    page = text(client.get(page_of(acme)))
    for said in (
        "Quickest: nothing to install", "No limit but your servers'", "There is one environment",
        "Your stack stays as it is", "Your identity provider knows the callers",
    ):  # fmt: skip
        assert said in page


def test_names_and_place_of_credentials_are_saved(acme: Provider, client: Client) -> None:
    sent = {**AUTHENTICATION, "credentials_location": "headers", "auth_user_key": "X-Key"}
    assert send(client, acme, "authentication", sent)["Location"] == page_of(acme)
    proxy = proxy_of(acme)
    assert (proxy.credentials_location, proxy.auth_user_key) == ("headers", "X-Key")
    assert "In force on staging" in toasts(client)
    assert selectors.config_in_force(acme.tenant, acme.product, "sandbox")


def test_a_switch_asks_and_says_what_it_breaks(acme: Provider, client: Client) -> None:
    sent = {**AUTHENTICATION, "backend_version": "2"}
    asked = send(client, acme, "authentication", sent)
    assert asked.status_code == 422
    page = text(asked)
    assert "1 live application stops working" in page
    assert "user_key will open nothing any more, in production too" in page
    acme.product.refresh_from_db()
    assert acme.product.backend_version == "1"
    wrong = send(client, acme, "authentication", {**sent, "confirmed": "oidc"})
    assert wrong.status_code == 422
    assert send(client, acme, "authentication", {**sent, "confirmed": "2"}).status_code == 302
    acme.product.refresh_from_db()
    assert acme.product.backend_version == "2"
    assert acme.application.keys.count() == 1


def test_a_switch_that_breaks_nothing_is_not_asked_about(acme: Provider, client: Client) -> None:
    change_state(acme.application, "suspend", by=BY)
    sent = {**AUTHENTICATION, "backend_version": "2"}
    assert send(client, acme, "authentication", sent).status_code == 302


def test_openid_connect_takes_an_issuer_and_keeps_its_secret(
    acme: Provider, client: Client
) -> None:
    change_state(acme.application, "suspend", by=BY)
    sent = {**AUTHENTICATION, "backend_version": "oidc", "implicit_flow_enabled": "on"}
    missing = send(client, acme, "authentication", sent)
    assert (missing.status_code, "Enter the address of the issuer." in text(missing)) == (422, True)
    issuer = {
        "oidc_issuer_endpoint": "https://idp.example/realms/api", "oidc_client_id": "portal",
        "oidc_client_secret": "a/secret",
    }  # fmt: skip
    assert send(client, acme, "authentication", {**sent, **issuer}).status_code == 302
    proxy = proxy_of(acme)
    whole = "https://portal:a%2Fsecret@idp.example/realms/api"
    assert (proxy.oidc_issuer_endpoint, proxy.implicit_flow_enabled) == (whole, True)
    page = client.get(page_of(acme)).content.decode()
    assert "https://idp.example/realms/api" in page
    assert "secret@" not in page
    assert "a/secret" not in page
    kept = {**issuer, "oidc_client_secret": ""}
    assert send(client, acme, "authentication", {**sent, **kept}).status_code == 302
    assert proxy_of(acme).oidc_issuer_endpoint == whole
    moved = {**kept, "oidc_issuer_endpoint": "https://elsewhere.example/"}
    send(client, acme, "authentication", {**sent, **moved})
    assert proxy_of(acme).oidc_issuer_endpoint == "https://portal@elsewhere.example/"


def test_a_claim_that_gateways_do_not_understand_is_refused(acme: Provider, client: Client) -> None:
    sent = {
        **AUTHENTICATION, "jwt_claim_with_client_id": "{{ azp | upcase }}",
        "jwt_claim_with_client_id_type": "liquid",
    }  # fmt: skip
    wrong = send(client, acme, "authentication", sent)
    assert wrong.status_code == 422
    assert "Must be one claim, like {{ azp }} or {{ resource.client_id }}" in text(wrong)
    assert send(
        client, acme, "authentication", {**sent, "jwt_claim_with_client_id": "{{ app.id }}"}
    ).status_code == 302  # fmt: skip


def test_the_issuer_is_asked_and_what_came_of_it_is_no_error(
    acme: Provider, client: Client
) -> None:
    change_state(acme.application, "suspend", by=BY)
    asking = f"{page_of(acme)}/issuer"
    assert client.get(asking).status_code == 404
    with speaking(an_issuer) as server:
        sent = {
            **AUTHENTICATION, "backend_version": "oidc", "oidc_client_id": "portal",
            "oidc_issuer_endpoint": f"{server.url}/realms/x/", "oidc_client_secret": "s3cret",
        }  # fmt: skip
        assert send(client, acme, "authentication", sent).status_code == 302
        assert f'hx-get="{asking}"' in client.get(page_of(acme)).content.decode()
        good = text(client.get(asking))
        assert "It has 1 key, and signs by RS256." in good
        assert "It calls itself https://public.example/x : that is what tokens must have" in good
        assert [target for target, _ in server.heard] == [
            "/realms/x/.well-known/openid-configuration", "/certs",
        ]  # fmt: skip
        assert "s3cret" not in str(server.heard)
    away = text(client.get(asking))
    assert "Tokens cannot be verified now" in away
    assert "nobody listens there. It is saved all the same." in away


def an_issuer(target: str, headers: Mapping[str, str]) -> Said:
    """Say what an identity provider says."""
    if target == "/certs":
        keys = [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]
        return Said(200, {}, json.dumps({"keys": keys}).encode())
    told = {
        "issuer": "https://public.example/x", "jwks_uri": f"http://{headers['host']}/certs",
        "id_token_signing_alg_values_supported": ["RS256", "HS256"],
    }  # fmt: skip
    return Said(200, {}, json.dumps(told).encode())


ISSUERS = ["https://idp.example/x", "https://me@idp.example/x", "https://me:a%3Ab@idp.example/x"]


@pytest.mark.parametrize("address", [*ISSUERS, ""])
def test_an_issuers_address_is_put_together_as_it_was(address: str) -> None:
    assert issuer_address(issuer_parts(address), address) == address


WRONG = [
    ("authentication", {**AUTHENTICATION, "auth_user_key": "a key"}, "auth_user_key",
     "Use letters, digits, hyphens and _ only."),
    ("authentication", {**AUTHENTICATION, "auth_user_key": ""}, "auth_user_key",
     "Use letters, digits, hyphens and _ only."),
    ("authentication", {**AUTHENTICATION, "oidc_issuer_endpoint": "https://a:b@idp.example"},
     "oidc_issuer_endpoint", "Put the client ID and its secret into their own fields."),
    ("authentication", {**AUTHENTICATION, "oidc_issuer_endpoint": "ftp://idp"},
     "oidc_issuer_endpoint", "Must start with http://, https://"),
    ("authentication", {**AUTHENTICATION, "credentials_location": "body"},
     "credentials_location", "Select a valid choice"),
    ("upstream", {"hostname_rewrite": "https://x"}, "hostname_rewrite", "Enter a host name"),
    ("upstream", {"secret_token": "with a space"}, "secret_token", "Use printable characters"),
    ("deployment", {"deployment_option": "self_managed", "endpoint": "https://a.test/path"},
     "endpoint", "Must not have a path"),
    ("deployment", {"deployment_option": "self_managed", "endpoint": "api.test"},
     "endpoint", "Must start with http://, https://"),
    ("deployment", {"deployment_option": "cloud"}, "deployment_option", "Select a valid choice"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "sent", "field", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field_and_nothing_changes(
    acme: Provider,
    client: Client,
    part: str,
    sent: dict[str, str],
    field: str,
    message: str,
) -> None:
    events = Event.objects.count()
    response = send(client, acme, part, sent)
    assert (response.status_code, message in text(response)) == (422, True)
    assert f'href="#{part}_{field}' in response.content.decode()
    assert Event.objects.count() == events
    acme.product.refresh_from_db()
    assert acme.product.deployment_option == "hosted"


def test_answers_to_refused_calls_are_saved(acme: Provider, client: Client) -> None:
    sent = {**answers(acme), "error_status_no_match": 418, "error_no_match": "Nothing here"}
    assert send(client, acme, "answers", sent).status_code == 302
    proxy = proxy_of(acme)
    assert (proxy.error_status_no_match, proxy.error_no_match) == (418, "Nothing here")
    for wrong in ({"error_status_no_match": 99}, {"error_no_match": "<b>"}, {"error_no_match": ""}):
        assert send(client, acme, "answers", {**sent, **wrong}).status_code == 422
    assert proxy_of(acme).error_no_match == "Nothing here"


def test_a_products_own_addresses_are_kept_while_it_is_self_managed(
    acme: Provider, client: Client
) -> None:
    sent = {"deployment_option": "self_managed", "endpoint": "https://api.acme.example"}
    assert send(client, acme, "deployment", sent).status_code == 302
    assert proxy_of(acme).own_endpoint == "https://api.acme.example:443"
    other = acme.another_product("Other")
    taken = client.post(f"/apiconfig/services/{other.pk}/settings", {"part": "deployment", **sent})
    assert (taken.status_code, "Has already been taken" in text(taken)) == (422, True)
    other.refresh_from_db()
    assert other.deployment_option == "hosted"  # all of it, or nothing
    send(client, acme, "deployment", {"deployment_option": "hosted"})
    assert proxy_of(acme).own_endpoint == ""


def test_the_secret_token_is_masked_and_replaced(acme: Provider, client: Client) -> None:
    before = proxy_of(acme).secret_token
    page = client.get(page_of(acme)).content.decode()
    assert f'data-plain="{before}"' in page
    assert f">{before}<" not in page
    assert client.get(f"{page_of(acme)}/rotate").status_code == 405
    assert client.post(f"{page_of(acme)}/rotate")["Location"] == page_of(acme)
    after = proxy_of(acme).secret_token
    assert (len(after), after == before) == (2 * settings.SECRET_BYTES, False)
    send(client, acme, "upstream", {"secret_token": "", "hostname_rewrite": "api.internal"})
    proxy = proxy_of(acme)
    assert (proxy.secret_token, proxy.hostname_rewrite) == (after, "api.internal")


def test_two_editors_of_one_card_see_each_other(acme: Provider, client: Client) -> None:
    before = seen(client.get(page_of(acme)))
    update_proxy(acme.product, by=BY, hostname_rewrite="theirs.test")
    mine = {"hostname_rewrite": "mine.test", "seen": before}
    clash = send(client, acme, "upstream", mine)
    assert (clash.status_code, "theirs.test" in text(clash)) == (409, True)
    assert proxy_of(acme).hostname_rewrite == "theirs.test"
    assert send(client, acme, "upstream", {**mine, "seen": seen(clash)}).status_code == 302
    assert proxy_of(acme).hostname_rewrite == "mine.test"


def test_editors_of_two_cards_do_not_meet(acme: Provider, client: Client) -> None:
    page = client.get(page_of(acme))
    [was] = re.findall(
        r'name="was" value="(\w+)"><input [^>]*value="upstream"', page.content.decode()
    )
    update_product(acme.product, by=BY, referrer_filters_required=True)
    sent = {"hostname_rewrite": "mine.test", "seen": seen(page), "was": was}
    assert send(client, acme, "upstream", sent).status_code == 302
    acme.product.refresh_from_db()
    assert acme.product.referrer_filters_required


def test_what_is_no_part_changes_nothing(acme: Provider, client: Client) -> None:
    assert send(client, acme, "everything", {"x": "y"}).status_code == 200


WHEN = [
    ("hosted", 1, "In force on staging."),
    ("hosted", 0, "It is served once the product has a backend."),
    ("service_mesh_istio", 1, "The mesh follows when you deploy."),
    ("plugin_ruby", 1, "No gateway serves this product now."),
]


@pytest.mark.parametrize(("option", "backends", "said"), WHEN)
def test_it_is_said_when_gateways_follow(
    acme: Provider, client: Client, option: str, backends: int, said: str
) -> None:
    if not backends:
        delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    update_product(acme.product, by=BY, deployment_option=option)
    send(client, acme, "upstream", {"hostname_rewrite": "api.internal"})
    assert said in toasts(client)


def test_after_a_switch_promoting_is_urgent(acme: Provider, client: Client) -> None:
    send(
        client, acme, "authentication", {**AUTHENTICATION, "backend_version": "2", "confirmed": "2"}
    )
    assert "Promote now: until then production answers nobody." in toasts(client)
