"""The configuration page: what it shows, saves, refuses, and says of a test call."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import BY, Provider
from portal.tryout.gateways import Said, served
from tollway.portal.applications.services import change_state, update_product
from tollway.portal.catalog import selectors
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_mapping_rule,
    delete_backend_usage,
    deploy,
    update_backend,
    update_proxy,
)
from tollway.portal.console.integration import outcomes, page
from tollway.portal.console.integration.page import UPDATED, result_of
from tollway.portal.console.integration.setting_up import TEST_PATH, setup_of
from tollway.portal.tryout import staging
from tollway.portal.tryout.judging import Outcome
from tollway.portal.tryout.models import Tryout
from tollway.portal.tryout.reports import Report

pytestmark = pytest.mark.django_db

ECHO = Said(200, {"Content-Type": "application/json"}, b'{"path": "/"}')
URL = "https://echo-api.3scale.net:443"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test has no gateway, nobody waits for one."""
    monkeypatch.setattr(staging, "UNTOLD_S", 0.0)


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def address(provider: Provider, more: str = "") -> str:
    return f"/apiconfig/services/{provider.product.pk}/integration{more}"


def fields(client: Client, provider: Provider, **changes: str) -> dict[str, str]:
    """Return what the form would send."""
    shown: Any = client.get(address(provider))
    names = ("lock_version", "seen_backend")
    kept = {name: seen(shown, name) for name in names if f'name="{name}" value' in html_of(shown)}
    return {**kept, "api_backend": URL, "api_test_path": "/", **changes}


def html_of(response: Any) -> str:
    return str(response.content.decode())


def send(client: Client, provider: Provider, **changes: str) -> Any:
    return client.post(address(provider), fields(client, provider, **changes))


def curl_of(response: Any) -> str:
    found = re.search(r'<pre id="curl"[^>]*>(.*?)</pre>', html_of(response), re.DOTALL)
    assert found
    return html.unescape(found[1])


def version_of(provider: Provider, environment: str = "sandbox") -> int:
    found = selectors.config_in_force(provider.tenant, provider.product, environment)
    return found.version if found else 0


def test_a_button_saves_deploys_calls_and_shows_what_came_of_it(
    acme: Provider, client: Client
) -> None:
    with served(acme, ECHO):
        answer = send(client, acme)
        assert answer["Location"] == f"{address(acme)}#result"
    shown = client.get(address(acme))
    page = text(shown)
    assert f"{outcomes.WORKS} analytics section" in page
    assert "hits +1" in page
    assert '"path": "/"' in page
    assert 'data-outcome="passed"' in html_of(shown)
    assert UPDATED not in page, "nothing had changed, so no version was written"


def test_what_changed_becomes_a_version(acme: Provider, client: Client) -> None:
    before = version_of(acme)
    send(client, acme, api_backend="https://api.example", api_test_path="/v1")
    assert UPDATED in toasts(client)
    assert version_of(acme) == before + 1
    assert selectors.api_backend_of(acme.tenant, acme.product) == "https://api.example:443"
    assert selectors.proxy_of(acme.tenant, acme.product).api_test_path == "/v1"


def test_a_rule_that_waits_is_deployed_by_the_button(acme: Provider, client: Client) -> None:
    deploy(acme.product, by=BY)
    create_mapping_rule(
        acme.product, by=BY, metric=acme.hits, http_method="POST", pattern="/new", delta=1
    )
    shown = text(client.get(address(acme)))
    assert "1 change not on staging yet" in shown
    assert "POST /new counts hits" in shown
    send(client, acme)
    assert version_of(acme) == 2
    assert "not on staging yet" not in text(client.get(address(acme)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"api_backend": ""}, "Enter where your API listens"),
        ({"api_backend": "ftp://host"}, "Must start with http://"),
        ({"api_backend": "http://localhost"}, "Can't be localhost"),
        ({"api_backend": "http://h?q=1"}, "Must not have a query"),
        ({"api_backend": "rubbish"}, "Must start with"),
        ({"api_test_path": "v1"}, TEST_PATH.message),
        ({"api_test_path": "/a b"}, TEST_PATH.message),
        ({"api_test_path": "/" + "a" * 255}, "at most 255 characters"),
    ],
)
def test_bad_input_is_said_at_its_field_and_changes_nothing(
    acme: Provider, client: Client, changes: dict[str, str], says: str
) -> None:
    before = version_of(acme)
    answer = send(client, acme, **changes)
    assert answer.status_code == 422
    assert says in text(answer)
    [name] = changes
    assert f'id="id_{name}_error"' in html_of(answer)
    assert html.escape(changes[name]) in html_of(answer)
    assert version_of(acme) == before
    assert not Tryout.objects.exists()


def test_the_second_of_two_editors_is_shown_both_and_loses_nothing(
    acme: Provider, client: Client
) -> None:
    mine = fields(client, acme, api_test_path="/mine")
    update_proxy(acme.product, by=BY, api_test_path="/theirs")
    version = version_of(acme)
    answer: Any = client.post(address(acme), mine)
    assert answer.status_code == 409
    assert "Someone else edited the Staging Configuration" in text(answer)
    assert "/theirs" in text(answer)
    assert 'value="/mine"' in html_of(answer)
    assert version_of(acme) == version
    again = mine | {"lock_version": seen(answer, "lock_version")}
    assert client.post(address(acme), again).status_code == 302
    assert selectors.proxy_of(acme.tenant, acme.product).api_test_path == "/mine"


def test_a_backend_that_was_changed_elsewhere_is_not_overwritten(
    acme: Provider, client: Client
) -> None:
    mine = fields(client, acme, api_test_path="/mine")
    update_backend(acme.backend, by=BY, private_endpoint="https://theirs.example")
    assert client.post(address(acme), mine).status_code == 409
    assert selectors.api_backend_of(acme.tenant, acme.product) == "https://theirs.example:443"


def test_who_changes_nothing_overwrites_nothing(acme: Provider, client: Client) -> None:
    mine = fields(client, acme, api_test_path="/same")
    update_proxy(acme.product, by=BY, api_test_path="/same")
    assert client.post(address(acme), mine).status_code == 302


def test_the_line_follows_the_path_that_is_typed(acme: Provider, client: Client) -> None:
    key = acme.application.user_key
    line = curl_of(client.get(address(acme, "/curl"), {"api_test_path": "/v1/x?a=1"}))
    assert line.endswith(f'/v1/x?a=1&user_key={key}"')
    assert "<script>" not in html_of(
        client.get(address(acme, "/curl"), {"api_test_path": "/<script>"})
    )
    update_proxy(acme.product, by=BY, credentials_location="headers")
    assert f"-H 'user_key: {key}'" in curl_of(client.get(address(acme)))
    update_proxy(acme.product, by=BY, credentials_location="authorization")
    assert f"-u {key}:" in curl_of(client.get(address(acme)))
    update_product(acme.product, by=BY, backend_version="2")
    assert re.search(r"-u \w+:\w+", curl_of(client.get(address(acme))))
    update_product(acme.product, by=BY, backend_version="oidc")
    assert "Bearer ACCESS_TOKEN" in curl_of(client.get(address(acme)))


@pytest.mark.parametrize("path", ["/$(id)", "/`id`", '/"; id; "', "/$HOME"])
def test_a_path_runs_nothing_in_the_terminal_it_is_pasted_into(
    acme: Provider, client: Client, path: str
) -> None:
    line = curl_of(client.get(address(acme, "/curl"), {"api_test_path": path}))
    assert line.startswith("curl 'http")


def test_keys_are_shown_to_those_who_may_see_them(acme: Provider) -> None:
    shown = member(acme, "plans").get(address(acme))
    assert acme.application.user_key not in html_of(shown)
    assert "user_key=USER_KEY" in curl_of(shown)
    assert "takes the permission" in text(shown)


def test_others_see_nothing(acme: Provider, globex: Provider) -> None:
    assert admin(globex).get(address(acme)).status_code == 404
    assert member(acme, "partners").get(address(acme)).status_code == 403
    other = member(acme, "plans", products=[acme.another_product().pk], name="other")
    assert other.get(address(acme)).status_code == 404
    assert Client(headers={"host": "acme-admin.localhost"}).get(address(acme)).status_code == 302
    for path in (address(acme), address(acme, "/promote"), address(acme, "/deploy")):
        assert admin(globex).post(path).status_code == 404


def test_several_backends_are_listed_and_none_is_asked_for(acme: Provider, client: Client) -> None:
    stock = create_backend(acme.tenant, by=BY, name="Stock", private_endpoint="https://stock")
    create_backend_usage(acme.product, by=BY, backend=stock, path="/stock")
    shown = client.get(address(acme))
    assert 'name="api_backend"' not in html_of(shown)
    assert "https://stock:443" in text(shown)
    assert client.post(address(acme), {"api_test_path": "/stock/1"}).status_code == 302
    assert selectors.proxy_of(acme.tenant, acme.product).api_test_path == "/stock/1"


def test_a_product_without_a_backend_gets_one(acme: Provider, client: Client) -> None:
    delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    assert "no address yet" in text(client.get(address(acme)))
    send(client, acme, api_backend="https://api.example")
    assert setup_of(acme.product).values["api_backend"] == "https://api.example:443"


def test_the_echo_api_is_offered_and_saved_only_when_sent(acme: Provider, client: Client) -> None:
    shown = client.get(address(acme), {"use": "echo"})
    assert 'value="http://echo.localhost' in html_of(shown)
    assert selectors.api_backend_of(acme.tenant, acme.product) == URL


def test_who_shares_a_backend_is_told(acme: Provider, client: Client) -> None:
    other = acme.another_product("Night Bus")
    create_backend_usage(other, by=BY, backend=acme.backend)
    assert "The same backend serves Night Bus" in text(client.get(address(acme)))
    kept = member(acme, "plans", products=[acme.product.pk])
    assert "Night Bus" not in text(kept.get(address(acme)))


def test_there_is_nobody_to_call_as(acme: Provider, client: Client) -> None:
    change_state(acme.application, "suspend", by=BY)
    send(client, acme)
    shown = client.get(address(acme))
    assert 'data-outcome="no_application"' in html_of(shown)
    assert "create an application subscribed to a plan of API" in text(shown)
    assert "USER_KEY" in curl_of(shown)


def test_a_test_that_may_not_be_made_now_says_so(acme: Provider, client: Client) -> None:
    Tryout.objects.create(tenant=acme.tenant, product=acme.product, version=1)
    send(client, acme)
    assert "A test call is under way already" in toasts(client)


def test_openid_connect_takes_a_token_that_is_not_kept(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, backend_version="oidc")
    send(client, acme)
    assert 'data-outcome="no_token"' in html_of(client.get(address(acme)))
    with served(acme, ECHO) as (_, server):
        send(client, acme, access_token="t0ken")
        called = [headers for _, headers in server.heard if "authorization" in headers]
    assert called[0]["authorization"] == "Bearer t0ken"
    shown = client.get(address(acme))
    assert "t0ken" not in html_of(shown)
    assert "with the access token below: it says which application calls" in text(shown)
    assert "that the issuer gave to an application of this product" in text(shown)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.AUTH_FAILED, "It has ended, is another issuer's, or names no live application"),
        (Outcome.AUTHORITY_AWAY, "It does not reach the authority, or the issuer of its tokens."),
        (Outcome.LIMITED, "The application has used up a limit of its plan"),
        (Outcome.NO_TOKEN, "a call takes an access token of your identity provider"),
    ],
)
def test_what_came_of_a_call_with_a_token(acme: Provider, outcome: Outcome, words: str) -> None:
    update_product(acme.product, by=BY, backend_version="oidc")
    told = outcomes.words_of(acme.product, Report(outcome))
    assert words in f"{told.title} {told.text}"


def test_an_answer_can_do_nothing_to_the_page(acme: Provider, client: Client) -> None:
    evil = b"<script>alert(1)</script>"
    with served(acme, Said(500, {"Content-Type": "text/html", "Location": "<b>x</b>"}, evil)):
        send(client, acme)
    shown = html_of(client.get(address(acme)))
    assert "alert(1)" in shown
    assert "<script>alert" not in shown
    assert "<b>x</b>" not in shown


def test_the_page_asks_the_same_number_of_questions_whatever_there_is(
    acme: Provider, client: Client
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(address(acme)).status_code == 200
        return len(asked)

    send(client, acme)
    client.get(address(acme))
    few = questions()
    for number in range(5):
        create_mapping_rule(
            acme.product, by=BY, metric=acme.hits, http_method="GET", pattern=f"/{number}", delta=1
        )
        deploy(acme.product, by=BY)
        acme.another_product(f"P{number}")
    assert questions() == few


def test_old_addresses_lead_here(acme: Provider, client: Client) -> None:
    assert client.get(address(acme, "/edit"))["Location"] == address(acme)
    assert page.address_of(acme.product) == address(acme)


# --- service mesh, and plugins -----------------------------------------------------------------


def test_a_service_mesh_has_one_environment_and_no_test(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, deployment_option="service_mesh_istio")
    shown = text(client.get(address(acme)))
    assert "Update configuration" in shown
    assert "Update & test" not in shown
    client.post(address(acme, "/deploy"))
    assert "The configuration is updated" in toasts(client)
    assert version_of(acme, "production") == 1
    assert client.post(address(acme)).status_code == 404
    assert client.get(address(acme, "/curl")).status_code == 404


def test_a_mesh_without_a_backend_has_nothing_to_update(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, deployment_option="service_mesh_istio")
    delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    assert "The product has no backend yet" in text(client.get(address(acme)))
    client.post(address(acme, "/deploy"))
    assert "Nothing was updated" in toasts(client)


def test_a_plugin_has_no_gateway_parts(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, deployment_option="plugin_python")
    shown = client.get(address(acme))
    assert "Put the check into your API" in text(shown)
    assert f"/apiconfig/services/{acme.product.pk}/code" in html_of(shown)
    for gateway_part in ("Staging", "Promote", "curl"):
        assert gateway_part not in text(shown).partition("Configuration")[2]
    assert client.post(address(acme, "/deploy")).status_code == 404
    assert client.post(address(acme, "/promote")).status_code == 404


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words_and_a_next_step(acme: Provider, outcome: Outcome) -> None:
    report = Report(outcome, application="App", path="/x?y", status=500, detail="It is so.")
    words = outcomes.words_of(acme.product, report)
    assert words.tone == ("go" if outcome is Outcome.PASSED else words.tone)
    assert words.title
    assert words.text
    assert words.icon
    assert words.steps or outcome in {Outcome.PASSED, Outcome.AUTH_FAILED}


def test_what_a_method_counts_counts_above_it_too(acme: Provider) -> None:
    hits = acme.hits
    made = type(hits).objects.create(
        tenant=acme.tenant, product=acme.product, parent=hits, system_name="search",
        friendly_name="Search", unit="",
    )  # fmt: skip
    report = Report(Outcome.PASSED, usage={made.system_name: 2, "unknown": 1})
    counted = {each.metric: each.units for each in outcomes.counted_by(acme.product, report)}
    assert counted == {"search": 2, "hits": 2}
    refused = Report(Outcome.LIMITED, usage={"hits": 1})
    assert outcomes.counted_by(acme.product, refused) == []
    assert result_of(acme.product, 1) is None
