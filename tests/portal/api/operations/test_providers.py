"""Tenants through the operator's API: a second one is as the first."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from portal.api.calls import Api, api_of, errors_of, operator_api
from portal.people import BY, PASSWORD, Provider
from portal.publish.homes import memory_home
from tollway.portal.accounts.selectors import admins_of
from tollway.portal.api.operations import providers
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.services import set_default_plan
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

NEW = {
    "org_name": "Initech", "username": "peter", "email": "peter@initech.example",
    "password": PASSWORD,
}  # fmt: skip


class Operator(msgspec.Struct, frozen=True):
    """Calls `/master/api` + path."""

    api: Api

    def call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"/master/api{path}?access_token={self.api.token}"
        return self.api.send(method, url, json.dumps(body or {}), "application/json")

    def json(self, method: str, path: str, **body: Any) -> Any:
        answer = self.call(method, f"{path}.json", body)
        assert answer.status_code < 400, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture
def operator(acme: Provider) -> Operator:
    return Operator(operator_api(acme))


def test_a_tenant_is_told_with_a_token_that_opens_its_own_host(operator: Operator) -> None:
    notes = {"annotations": {"managed_by": "operator"}}
    made = operator.json("POST", "/providers", **NEW, **notes)["signup"]
    account, token = made["account"], made["access_token"]
    assert (account["org_name"], account["state"]) == ("Initech", "approved")
    assert account["annotations"] == notes["annotations"]
    assert account["admin_base_url"] == "http://initech-admin.localhost:3000"
    host = urlsplit(account["admin_base_url"]).netloc
    assert host == "initech-admin.localhost:3000"
    theirs = Api(host, token["value"])
    for path, collection in (
        ("/account_plans", "plans"), ("/accounts", "accounts"), ("/services", "services"),
    ):  # fmt: skip
        assert len(theirs.json("GET", path)[collection]) == 1, "clients wait for this"
    assert theirs.json("GET", "/provider")["account"]["id"] == account["id"]
    tenant = Tenant.objects.get(pk=account["id"])
    assert admins_of(tenant).get().check_password(PASSWORD)


def test_what_it_says_is_the_same_in_xml(operator: Operator) -> None:
    text = operator.call("POST", "/providers.xml", NEW).content.decode()
    assert "<signup><account><id>" in text
    assert "<access_token><id>" in text
    assert "<users><user>" in text


def test_a_second_tenant_is_published_as_the_first(operator: Operator) -> None:
    home = memory_home()
    pk = operator.json("POST", "/providers", **NEW)["signup"]["account"]["id"]
    home.catch_up()
    product = Tenant.objects.get(pk=pk).products.get()
    for environment in ("staging", "production"):
        assert home.served(environment)[product.pk]["proxy"]["hosts"]
    application = product.applications.get()
    record = home.by_user_key(product.pk, application.user_key)
    assert record
    assert record.state == "active"
    operator.json("PUT", f"/providers/{pk}", state_event="suspend")
    home.catch_up()
    record = home.by_user_key(product.pk, application.user_key)
    assert record
    assert record.state != "active"


def test_a_name_that_is_taken_gets_a_number(operator: Operator) -> None:
    domains = [
        operator.json("POST", "/providers", **NEW)["signup"]["account"]["admin_domain"]
        for _ in range(3)
    ]
    assert domains == [f"initech{n}-admin.localhost" for n in ("", "-2", "-3")]


@pytest.mark.parametrize("missing", sorted(NEW))
def test_a_tenant_needs_name_admin_address_and_password(operator: Operator, missing: str) -> None:
    count = Tenant.objects.count()
    body = {name: value for name, value in NEW.items() if name != missing}
    answer = operator.call("POST", "/providers.json", body)
    assert (answer.status_code, errors_of(answer)) == (422, {missing: ["can't be blank"]})
    assert Tenant.objects.count() == count


def test_tenants_are_listed_shown_and_changed(operator: Operator, acme: Provider) -> None:
    listed = operator.json("GET", "/providers")["signups"]
    assert [each["signup"]["account"]["org_name"] for each in listed] == ["Acme"]
    one = f"/providers/{acme.tenant.pk}"
    shown = operator.json("GET", one)
    assert shown == listed[0]
    assert "access_token" not in shown["signup"]
    changed = operator.json("PUT", one, **shown, support_email="help@acme.example")
    assert changed["signup"]["account"]["support_email"] == "help@acme.example"
    assert operator.call("GET", f"/providers/{acme.tenant.pk}000.json").status_code == 404


def test_a_tenant_is_suspended_and_resumed(operator: Operator, acme: Provider) -> None:
    one, theirs = f"/providers/{acme.tenant.pk}", api_of(acme)
    for event, state, status in (
        ("suspend", "suspended", 403), ("resume", "approved", 200),
        ("make_pending", "pending", 200),
        ("approve", "approved", 200), ("reject", "rejected", 200),
    ):  # fmt: skip
        told = operator.json("PUT", one, state_event=event)["signup"]["account"]
        assert told["state"] == state
        assert theirs.call("GET", "/services.json").status_code == status
    body = {"state_event": "suspend", "support_email": "new@acme.example"}
    wrong = errors_of(operator.call("PUT", f"{one}.json", body))
    assert wrong == {"state": ['cannot transition via "suspend"']}
    assert operator.json("GET", one)["signup"]["account"]["support_email"] == acme.admin.email
    wrong = errors_of(operator.call("PUT", f"{one}.json", {"state_event": "explode"}))
    assert wrong == {"state_event": ["is not included in the list"]}


def test_a_deletion_is_scheduled_once_and_cancelled(operator: Operator, acme: Provider) -> None:
    one = f"/providers/{acme.tenant.pk}"
    assert operator.call("DELETE", f"{one}.json").status_code == 200
    assert operator.call("DELETE", f"{one}.json").status_code == 403
    told = operator.json("GET", one)["signup"]["account"]
    assert told["state"] == "scheduled_for_deletion"
    assert told["deletion_date"]
    assert api_of(acme).call("GET", "/services.json").status_code == 403
    told = operator.json("PUT", one, state_event="resume")["signup"]["account"]
    assert "deletion_date" not in told
    assert api_of(acme).call("GET", "/services.json").status_code == 200


def test_a_tenant_is_an_account_of_the_operator_s_too(operator: Operator, acme: Provider) -> None:
    api, account = operator.api, acme.tenant.master_account
    for name, secret in (
        ("buyer_provider_key", acme.tenant.provider_key),
        ("buyer_service_token", acme.product.service_tokens.get().value),
    ):
        found = api.json("GET", "/accounts/find", **{name: secret})
        assert found["account"]["id"] == account.pk
        for caller, sent in ((api, "x"), (api_of(acme), secret)):
            assert caller.call("GET", "/accounts/find.json", {name: sent}).status_code == 404
    api.json("PUT", f"/accounts/{account.pk}/reject")
    assert Tenant.objects.get(pk=acme.tenant.pk).state == "rejected"
    api.json("DELETE", f"/accounts/{account.pk}")
    assert Tenant.objects.get(pk=acme.tenant.pk).state == "scheduled_for_deletion"


def test_the_operator_removes_a_product_of_a_tenant_s(operator: Operator, acme: Provider) -> None:
    product = acme.another_product()
    operator.json("DELETE", f"/providers/{acme.tenant.pk}/services/{product.pk}")
    assert not acme.tenant.products.filter(pk=product.pk).exists()


def test_the_operator_limits_a_tenant_s_products_and_users(
    operator: Operator, acme: Provider
) -> None:
    one, theirs = f"/providers/{acme.tenant.pk}", api_of(acme)
    account = operator.json("PUT", one, max_services=1, max_users=1)["signup"]["account"]
    assert (account["max_services"], account["max_users"]) == (1, 1)
    user = {"username": "second", "email": "second@acme.example", "password": PASSWORD}
    for path, body in (("/services", {"name": "Second"}), ("/users", user)):
        refused = theirs.call("POST", f"{path}.json", body)
        assert refused.status_code == 403
        [message] = errors_of(refused)["base"]
        assert message.startswith("The limit of 1 ")
    theirs.json("PUT", "/provider", max_services=9)
    assert theirs.json("GET", "/provider")["account"]["max_services"] == 1, "not theirs to change"
    account = operator.json("PUT", one, max_services=None, max_users="")["signup"]["account"]
    assert not {"max_services", "max_users"} & account.keys()
    theirs.json("POST", "/services", name="Second")
    theirs.json("POST", "/users", **user)


def test_the_operator_alone_says_whether_a_tenant_may_have_domains(
    operator: Operator, acme: Provider
) -> None:
    one, theirs = f"/providers/{acme.tenant.pk}", api_of(acme)
    account = operator.json("PUT", one, domains_allowed=False)["signup"]["account"]
    assert account["domains_allowed"] is False
    theirs.json("PUT", "/provider", domains_allowed=True)
    assert theirs.json("GET", "/provider")["account"]["domains_allowed"] is False
    account = operator.json("PUT", one, domains_allowed=True)["signup"]["account"]
    assert "domains_allowed" not in account


def test_without_a_plan_for_it_no_tenant_is_made(operator: Operator) -> None:
    set_default_plan(Tenant.objects.get(is_master=True), None, by=BY, kind=AccountPlan)
    refused = operator.call("POST", "/providers.json", NEW)
    assert (refused.status_code, errors_of(refused)) == (
        422, {"base": ["Provider signup not enabled."]},
    )  # fmt: skip


def test_only_the_operator_may(operator: Operator, acme: Provider) -> None:
    url = "/master/api/providers.json"
    for query in ("", f"access_token={api_of(acme).token}", "api_key=x"):
        answer = operator.api.send("GET", f"{url}?{query}", b"", "")
        assert (answer.status_code, answer.content) == (401, b"unauthorized")
    key = Tenant.objects.get(is_master=True).provider_key
    for name in ("api_key", "provider_key"):
        assert operator.api.send("GET", f"{url}?{name}={key}", b"", "").status_code == 200
    theirs = api_of(acme)
    answer = theirs.send("GET", f"{url}?access_token={theirs.token}", b"", "")
    assert answer.status_code == 404, "not on a tenant's host"
    assert all(row.master for row in providers.OPERATIONS)
