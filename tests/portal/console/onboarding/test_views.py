"""The wizard's pages: in order, from the beginning or where one was, by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.console.visiting import NONCE, admin, member, text, toasts
from portal.people import BY, Provider
from portal.tryout.gateways import Said, served
from tollway.portal.catalog import selectors as catalog
from tollway.portal.console.onboarding import forms, steps, views
from tollway.portal.onboarding.models import Wizard
from tollway.portal.onboarding.selectors import wizard_of
from tollway.portal.onboarding.wizard import add_backend, choose_product, connect, end
from tollway.portal.tryout import staging

pytestmark = pytest.mark.django_db

WIZARD = "/p/admin/onboarding/wizard"
ECHO = "https://echo-api.3scale.net:443"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test has no gateway, nobody waits for one."""
    monkeypatch.setattr(staging, "UNTOLD_S", 0.0)
    monkeypatch.setattr(staging, "SERVED_S", 0.2)


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def at(client: Client) -> str:
    """Return the step that the wizard leads to."""
    return str(client.get(WIZARD)["Location"]).removeprefix(f"{WIZARD}/")


def send(client: Client, step: str, **fields: str) -> Any:
    return client.post(f"{WIZARD}/{step}", fields)


def test_it_begins_at_the_beginning_and_goes_on_where_one_was(
    acme: Provider, client: Client
) -> None:
    assert at(client) == "intro"
    assert "Integrate your API in 5 minutes" in text(client.get(f"{WIZARD}/intro"))
    assert "How a call gets to your API" in text(client.get(f"{WIZARD}/explain"))
    send(client, "backend_api/new", name="Echo", private_endpoint=ECHO)
    assert at(client) == "product/new"
    send(client, "product/new", product=str(acme.product.pk))
    assert at(client) == "request/new", "the product answers with this backend already"
    assert "as App of Developer" in text(client.get(f"{WIZARD}/request/new"))


def test_no_step_is_entered_before_what_it_builds_on(acme: Provider, client: Client) -> None:
    for step in ("product/new", "connect/new", "request/new", "request/edit", "request/show",
                 "outro"):  # fmt: skip
        assert client.get(f"{WIZARD}/{step}")["Location"] == f"{WIZARD}/intro"
    assert client.get(f"{WIZARD}/backend_api/new").status_code == 200


def test_the_echo_api_is_filled_in(acme: Provider, client: Client) -> None:
    page = client.get(f"{WIZARD}/backend_api/new", {"use": "echo"}).content.decode()
    assert 'value="Echo API"' in page
    assert 'value="http://echo.localhost:3002"' in page


def test_a_green_test_call_is_congratulated_on_and_leads_out(
    acme: Provider, client: Client
) -> None:
    _chosen(acme)
    with served(acme, Said(200, {}, b"ok")):
        answer = send(client, "request/new", api_test_path="/")
    assert answer["Location"] == f"{WIZARD}/request/show"
    assert "Congratulations: API is behind the gateway" in text(client.get(answer["Location"]))
    answer = send(client, "finish")
    assert answer["Location"] == f"{WIZARD}/outro"
    assert "What next" in text(client.get(answer["Location"]))
    assert at(client) == "intro"


def test_a_red_one_leads_to_where_it_is_mended(acme: Provider, client: Client) -> None:
    _chosen(acme)
    with served(acme, Said(500, {}, b"oops")):
        answer = send(client, "request/new", api_test_path="/")
        assert answer["Location"] == f"{WIZARD}/request/edit"
        page = client.get(answer["Location"])
        assert "That did not come through" in text(page)
        assert ECHO in page.content.decode()
        assert client.get(f"{WIZARD}/request/show")["Location"] == answer["Location"]
        answer = send(
            client, "request/edit", api_test_path="/", private_endpoint="https://other.example"
        )
    assert answer["Location"] == f"{WIZARD}/request/edit"
    assert catalog.api_backend_of(acme.tenant, acme.product) == "https://other.example:443"


def test_who_leaves_comes_back_to_the_same_step(acme: Provider, client: Client) -> None:
    add_backend(acme.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    assert send(client, "skip")["Location"] == "/p/admin/dashboard"
    assert "The wizard waits for you" in toasts(client)
    assert at(client) == "product/new"
    assert wizard_of(acme.tenant).state == Wizard.State.SKIPPED


@pytest.mark.parametrize(
    ("step", "fields", "says"),
    [
        ("backend_api/new", {"name": "", "private_endpoint": ECHO}, "Enter a name"),
        ("backend_api/new", {"name": "x", "private_endpoint": ""}, "Enter where your API listens"),
        ("backend_api/new", {"name": "x", "private_endpoint": "ftp://x"}, "Must start with"),
        ("product/new", {"product": "new", "name": " "}, "Enter a name"),
        ("product/new", {"product": "0"}, "valid choice"),
        ("connect/new", {"path": "/ä"}, "Is invalid"),
        ("request/new", {"api_test_path": "x"}, "Must start with /"),
        ("request/edit", {"api_test_path": "/", "private_endpoint": "x"}, "Must start with"),
    ],
)
def test_bad_input_is_said_at_its_field(
    acme: Provider, client: Client, step: str, fields: dict[str, str], says: str
) -> None:
    _chosen(acme)
    answer = send(client, step, **fields)
    assert answer.status_code == 422
    assert says in text(answer)
    assert catalog.products_of(acme.tenant).count() == 1
    assert catalog.backends_of(acme.tenant).count() == 1


def test_a_step_that_is_sent_twice_makes_one_thing(acme: Provider, client: Client) -> None:
    for _ in range(2):
        send(client, "backend_api/new", name="Mine", private_endpoint="https://m.example",
             once=NONCE)  # fmt: skip
    for _ in range(2):
        send(client, "product/new", product="new", name="Mine", once=NONCE[:-1] + "x")
    assert catalog.backends_of(acme.tenant).filter(name="Mine").count() == 1
    assert catalog.products_of(acme.tenant).filter(name="Mine").count() == 1


def test_those_who_may_not_are_told_and_strangers_have_their_own(
    acme: Provider, globex: Provider
) -> None:
    _chosen(acme)
    assert member(acme, "partners").get(WIZARD).status_code == 403
    assert at(admin(globex)) == "intro"
    kept_out = member(acme, "plans", products=[acme.another_product().pk], name="kept_out")
    assert kept_out.get(f"{WIZARD}/request/new")["Location"] == "/p/admin/dashboard"
    assert "The wizard is taken" in toasts(kept_out)
    assert "A new product" not in text(kept_out.get(f"{WIZARD}/backend_api/new"))


def test_who_may_not_create_products_is_offered_none(acme: Provider) -> None:
    form = forms.ProductForm(offered=[acme.product], may_create=False)
    assert "A new product" not in str(form)


def _chosen(provider: Provider) -> None:
    add_backend(provider.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    choose_product(provider.product, by=BY)
    connect(provider.tenant, by=BY, path="/")


def test_steps_know_their_order(acme: Provider) -> None:
    tenant = acme.tenant
    assert steps.step_of(tenant, wizard_of(tenant)) == steps.INTRO
    assert not steps.may_enter(steps.REQUEST, steps.PRODUCT)
    assert steps.may_enter(steps.BACKEND, steps.REQUEST)
    _chosen(acme)
    end(tenant, by=BY)
    assert steps.step_of(tenant, wizard_of(tenant)) == steps.INTRO


def test_more_products_than_one_can_look_over_are_not_offered(
    acme: Provider, client: Client
) -> None:
    add_backend(acme.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    for number in range(views.OFFERED_MAX):
        acme.another_product(f"P {number}")
    page = client.get(f"{WIZARD}/product/new").content.decode()
    assert page.count('type="radio"') == views.OFFERED_MAX + len(["A new product"])
