"""The tenant's own account and settings through the API."""

from __future__ import annotations

import json

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_account
from tollway.portal.api.operations.provider import OPERATIONS
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

SETTINGS = {
    "useraccountarea_enabled": True, "hide_service": False, "signups_enabled": True,
    "account_approval_required": False, "public_search": False, "account_plans_ui_visible": False,
    "change_account_plan_permission": "request", "service_plans_ui_visible": False,
    "change_service_plan_permission": "request", "enforce_sso": False,
}  # fmt: skip


def test_a_tenant_sees_its_hosts_and_addresses(api: Api, acme: Provider) -> None:
    told = api.json("GET", "/provider")["account"]
    assert told["id"] == acme.tenant.pk
    wanted = {
        "org_name": "Acme", "state": "approved", "domain": "acme.localhost",
        "admin_domain": "acme-admin.localhost", "base_url": "http://acme.localhost:3000",
        "admin_base_url": "http://acme-admin.localhost:3000",
        "support_email": "admin@acme.example", "from_email": "",
        "site_access_code": acme.tenant.site_access_code,
    }  # fmt: skip
    assert {name: told[name] for name in wanted} == wanted
    assert "deletion_date" not in told


def test_fields_that_the_operator_has_defined_are_shown(
    api: Api, acme: Provider, master: Tenant
) -> None:
    definitions = master.fieldsdefinitions
    for name in ("city", "region"):
        definitions.create(tenant=master, target="Account", name=name, label=name)
    account = acme.tenant.master_account
    update_account(account, by=BY, city="Madrid", extra_fields={"region": "EU"})
    told = api.json("GET", "/provider")["account"]
    assert (told["city"], told["region"]) == ("Madrid", "EU")
    text = api.call("GET", "/provider.xml").content.decode()
    assert "<city>Madrid</city><extra_fields><region>EU</region></extra_fields>" in text
    assert "<users><user>" in text


def test_the_access_code_opens_the_portal(api: Api, acme: Provider) -> None:
    whole = api.json("GET", "/provider")["account"]
    told = api.json("PUT", "/provider", **{**whole, "site_access_code": ""})["account"]
    assert told["site_access_code"] == ""
    assert Tenant.objects.get(pk=acme.tenant.pk).site_access_code == ""
    wrong = errors_of(api.call("PUT", "/provider.json", {"from_email": "nobody"}))
    assert wrong == {"from_email": ["is invalid"]}


def test_members_need_the_section_of_settings() -> None:
    assert {row.section for row in OPERATIONS} == {"settings", None}


def test_settings_are_read_and_changed(api: Api) -> None:
    assert api.json("GET", "/settings")["settings"] == SETTINGS
    changes = {"signups_enabled": False, "change_account_plan_permission": "direct"}
    assert api.json("PUT", "/settings", **changes)["settings"] == {**SETTINGS, **changes}
    form = f"settings[hide_service]=true&access_token={api.token}"
    kind = "application/x-www-form-urlencoded"
    answer = api.send("PUT", "/admin/api/settings.json", form, kind)
    assert json.loads(answer.content)["settings"]["hide_service"] is True
    wrong = errors_of(
        api.call("PUT", "/settings.json", {"change_service_plan_permission": "maybe"})
    )
    assert wrong == {"change_service_plan_permission": ["is not included in the list"]}
    assert api.call("GET", "/settings.xml").status_code == 406


def test_whether_accounts_wait_is_up_to_the_default_account_plan(api: Api, acme: Provider) -> None:
    told = api.json("PUT", "/settings", account_approval_required=True)["settings"]
    assert told["account_approval_required"] is True
    signup = {"org_name": "New", "username": "newcomer"}
    assert api.json("POST", "/signup", **signup)["account"]["state"] == "pending"
    plan = default_account_plan_of(acme.tenant)
    assert plan
    assert plan.approval_required


def test_without_a_default_account_plan_nothing_can_be_approved(api: Api, acme: Provider) -> None:
    acme.tenant.accountplans.update(is_default=False)
    body = {"account_approval_required": True, "hide_service": True}
    wrong = errors_of(api.call("PUT", "/settings.json", body))
    assert wrong == {"account_approval_required": ["needs a default account plan"]}
    assert api.json("GET", "/settings")["settings"]["hide_service"] is False, "all or nothing"
    api.json("PUT", "/settings", account_approval_required=False)


def test_an_object_is_there_or_gone(api: Api, acme: Provider, globex: Provider) -> None:
    for kind, mine, theirs in (
        ("service", acme.product.pk, globex.product.pk),
        ("proxy", acme.product.pk, globex.product.pk),
        ("account", acme.account.pk, globex.account.pk),
        ("backend_api", acme.backend.pk, globex.backend.pk),
    ):
        for pk, status in ((mine, 200), (theirs, 404)):
            query = f"object_type={kind}&object_id={pk}"
            answer = api.call("GET", f"/objects/status.json?{query}")
            assert answer.status_code == status
    assert api.call("GET", "/objects/status.json?object_type=x&object_id=1").status_code == 404
    url = f"/admin/api/objects/status.json?provider_key={acme.tenant.provider_key}"
    query = f"&object_type=service&object_id={acme.product.pk}"
    assert api.send("GET", url + query, b"", "").status_code == 403
