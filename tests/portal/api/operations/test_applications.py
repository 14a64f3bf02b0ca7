"""Applications and their keys, through the API."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest

from portal.api.calls import Api, errors_of, token_of
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.api.operations import applications
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import regenerate_user_key, rotate_key
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import create_application_plan

pytestmark = pytest.mark.django_db


def of(acme: Provider, application: Application | None = None) -> str:
    path = f"/accounts/{acme.account.pk}/applications"
    return path if application is None else f"{path}/{application.pk}"


def plan_of(acme: Provider, mode: str) -> ApplicationPlan:
    product = acme.another_product(f"Mode {mode}", backend_version=mode)
    return create_application_plan(product, by=BY, name="Free")


def make(api: Api, acme: Provider, **fields: Any) -> Any:
    body = {"plan_id": acme.plan.pk, "name": "App", **fields}
    return api.json("POST", of(acme), **body)["application"]


def test_an_application_gets_what_its_product_authenticates_by(api: Api, acme: Provider) -> None:
    by_key = make(api, acme)
    assert len(by_key["user_key"]) == 32
    assert "application_id" not in by_key
    by_id = make(api, acme, plan_id=plan_of(acme, "2").pk)
    assert by_id["application_id"]
    assert "user_key" not in by_id
    oidc = make(api, acme, plan_id=plan_of(acme, "oidc").pk, redirect_url="https://x.example/")
    assert oidc["client_id"] == oidc["application_id"]
    assert oidc["client_secret"]
    assert oidc["redirect_url"] == "https://x.example/"


def test_credentials_can_be_chosen(api: Api, acme: Provider) -> None:
    assert make(api, acme, user_key="my-key")["user_key"] == "my-key"
    plan = plan_of(acme, "2")
    many = make(
        api, acme, plan_id=plan.pk, application_id="my-id", application_key=["key-1", "key-2"]
    )
    keys = api.json("GET", f"{of(acme)}/{many['id']}/keys")["keys"]
    assert [key["key"]["value"] for key in keys] == ["key-1", "key-2"]
    one = make(api, acme, plan_id=plan.pk, application_key="key-3")
    (key,) = api.json("GET", f"{of(acme)}/{one['id']}/keys")["keys"]
    assert key["key"]["value"] == "key-3"
    taken = {"plan_id": acme.plan.pk, "name": "App", "user_key": "my-key"}
    response = api.call("POST", f"{of(acme)}.json", taken)
    assert errors_of(response) == {"user_key": ["has already been taken"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "X"}, "plan_id"), ({"plan_id": 999999, "name": "X"}, "plan_id"),
     ({"name": ""}, "name"), ({"name": "X", "user_key": "a b"}, "user_key"),
     ({"name": "X", "first_traffic_at": "once"}, "first_traffic_at")],
)  # fmt: skip
def test_what_an_application_cannot_be_is_named(
    api: Api, acme: Provider, body: dict[str, object], field: str
) -> None:
    if field != "plan_id":
        body = {"plan_id": acme.plan.pk, **body}
    response = api.call("POST", f"{of(acme)}.json", body)
    assert response.status_code == 422
    assert field in errors_of(response)


def test_an_application_is_changed_but_for_the_id_it_calls_with(api: Api, acme: Provider) -> None:
    path = of(acme, acme.application)
    changed = api.json("PUT", path, name="New", user_key="new-key", application_id="other")
    assert (changed["application"]["name"], changed["application"]["user_key"]) == (
        "New", "new-key",
    )  # fmt: skip
    acme.application.refresh_from_db()
    assert acme.application.application_id != "other"
    api.json("DELETE", path)
    assert api.call("GET", f"{path}.json").status_code == 404


def test_an_application_moves_between_its_states(api: Api, acme: Provider) -> None:
    path = of(acme, acme.application)
    assert api.json("PUT", f"{path}/suspend")["application"]["state"] == "suspended"
    assert api.json("GET", path)["application"]["enabled"] is False
    assert api.call("GET", f"{of(acme)}.json?state=live").content == b'{"applications":[]}'
    assert api.json("PUT", f"{path}/resume")["application"]["state"] == "live"
    assert api.call("PUT", f"{path}/resume.json").status_code == 422


def test_an_application_on_a_plan_with_approval_waits(api: Api, acme: Provider) -> None:
    plan = create_application_plan(acme.product, by=BY, name="Vetted", approval_required=True)
    made = make(api, acme, plan_id=plan.pk)
    assert made["state"] == "pending"
    assert api.json("PUT", f"{of(acme)}/{made['id']}/accept")["application"]["state"] == "live"


def test_changing_the_plan_answers_with_the_plan(api: Api, acme: Provider) -> None:
    gold = create_application_plan(acme.product, by=BY, name="Gold")
    path = of(acme, acme.application)
    changed = api.json("PUT", f"{path}/change_plan", plan_id=gold.pk)
    assert changed["application_plan"]["name"] == "Gold"
    assert api.json("GET", path)["application"]["plan_id"] == gold.pk
    for plan_id in (plan_of(acme, "2").pk, 999999):
        response = api.call("PUT", f"{path}/change_plan.json", {"plan_id": plan_id})
        assert (response.status_code, list(errors_of(response))) == (422, ["plan_id"])


def test_applications_are_found_by_what_names_them(api: Api, acme: Provider) -> None:
    by_id = acme.another_application(plan=plan_of(acme, "2"), application_id="my-id")
    application = acme.application
    for query, status in (
        (f"application_id={application.pk}", 200),
        (f"user_key={application.user_key}", 200),
        (f"user_key={application.user_key}&service_id={by_id.product_id}", 404),
        (f"user_key={application.user_key}&service_id={application.product_id}", 200),
        ("app_id=my-id", 200),
        (f"app_id=my-id&service_id={application.product_id}", 404),
        ("user_key=nobody", 404),
        ("", 404),
    ):
        assert api.call("GET", f"/applications/find.json?{query}").status_code == status, query
        if "application_id" not in query:
            path = f"{of(acme)}/find.json?{query}"
            assert api.call("GET", path).status_code == status, query


def test_all_applications_are_narrowed_by_product_plan_price_and_traffic(
    api: Api, acme: Provider
) -> None:
    paid = create_application_plan(acme.product, by=BY, name="Paid", cost_per_month=5)
    busy = acme.another_application(
        plan=paid, first_daily_traffic_at=datetime(2026, 5, 1, tzinfo=UTC)
    )
    idle = acme.application
    other = acme.another_application(plan=plan_of(acme, "2"))
    for query, expected in (
        (f"service_id={acme.product.pk}", [idle, busy]),
        (f"service_id={acme.product.pk}&plan_id={paid.pk}", [busy]),
        ("plan_type=paid", [busy]),
        ("state=live", [idle, busy, other]),
        ("state=suspended", []),
        ("plan_type=free", [idle, other]),
        ("active_since=2026-04-01", [busy]),
        ("active_since=2026-06-01", []),
        ("inactive_since=2026-04-01", [idle, other]),
        ("per_page=1&page=2", [busy]),
    ):
        answer = api.call("GET", f"/applications.json?{query}").content.decode()
        found = [a.pk for a in (idle, busy, other) if f'{{"id":{a.pk},' in answer]
        assert found == [a.pk for a in expected], query


def test_a_key_may_be_any_printable_text(api: Api, acme: Provider) -> None:
    """3scale's Python client makes keys of all ASCII punctuation, and puts them into paths."""
    application = acme.another_application(plan=plan_of(acme, "2"))
    keys = f"{of(acme, application)}/keys"
    for value in (string.punctuation + "a1", "a/b/c.json", "a.xml", "..json", "%2F%25"):
        answer = api.json("POST", keys, key=value)
        assert answer["application"]["id"] == application.pk
        values = [key["key"]["value"] for key in api.json("GET", keys)["keys"]]
        assert values[-1] == value
        path = f"{keys}/{quote_plus(value)}.json"
        assert api.call("DELETE", path).status_code == 200, value
        assert api.call("GET", path).status_code == 404


def test_keys_are_counted_and_the_last_one_stays(api: Api, acme: Provider) -> None:
    application = acme.another_application(plan=plan_of(acme, "2"), keys=["first-key"])
    keys = f"{of(acme, application)}/keys"
    last = api.call("DELETE", f"{keys}/first-key.json")
    assert (last.status_code, list(errors_of(last))) == (403, ["base"])
    for number in range(4):
        api.json("POST", keys, key=f"key-{number}")
    full = api.call("POST", f"{keys}.json", {"key": "one-more"})
    assert (full.status_code, list(errors_of(full))) == (422, ["base"])
    assert api.call("DELETE", f"{keys}/unknown.json").status_code == 404


def test_applications_take_flat_fields_only() -> None:
    assert {operation.wrapper for operation in applications.OPERATIONS} == {""}


def test_referrer_filters_are_added_counted_and_removed(api: Api, acme: Provider) -> None:
    filters = f"{of(acme, acme.application)}/referrer_filters"
    answer = api.json("POST", filters, referrer_filter="*.example.com")
    assert answer["application"]["id"] == acme.application.pk
    (row,) = api.json("GET", filters)["referrer_filters"]
    assert row["referrer_filter"]["value"] == "*.example.com"
    for value, message in (("a b", "is invalid"), ("*.example.com", "has already been taken")):
        response = api.call("POST", f"{filters}.json", {"referrer_filter": value})
        assert (response.status_code, errors_of(response)) == (422, {"value": [message]})
    for number in range(4):
        api.json("POST", filters, referrer_filter=f"{number}.example")
    full = api.call("POST", f"{filters}.json", {"referrer_filter": "one.more"})
    assert (full.status_code, list(errors_of(full))) == (422, ["base"])
    path = f"{filters}/{row['referrer_filter']['id']}.json"
    assert api.call("DELETE", path).status_code == 200
    assert api.call("DELETE", path).status_code == 404


def test_fields_that_the_tenant_defines_are_flat_in_json_and_nested_in_xml(
    api: Api, acme: Provider
) -> None:
    definition = {"target": "Cinstance", "name": "stage", "label": "Stage", "required": True}
    api.json("POST", "/fields_definitions", **definition)
    missing = api.call("POST", f"{of(acme)}.json", {"plan_id": acme.plan.pk, "name": "App"})
    assert (missing.status_code, errors_of(missing)) == (422, {"stage": ["can't be blank"]})
    made = make(api, acme, stage="beta", unknown="x")
    assert (made["stage"], "unknown" in made) == ("beta", False)
    path = f"{of(acme)}/{made['id']}"
    changed = api.json("PUT", path, extra_fields={"stage": "live"})["application"]
    assert changed["stage"] == "live"
    assert api.json("PUT", path, name="Other")["application"]["stage"] == "live"
    xml = api.call("GET", f"{path}.xml").content.decode()
    assert "<extra_fields><stage>live</stage></extra_fields>" in xml


def test_an_application_is_found_by_a_user_key_that_is_being_replaced(
    api: Api, acme: Provider
) -> None:
    old = acme.application.user_key
    regenerate_user_key(acme.application, by=BY, keep_until=datetime(2100, 1, 1, tzinfo=UTC))
    for key in (old, acme.application.user_key):
        found = json.loads(api.call("GET", f"/applications/find.json?user_key={key}").content)
        assert found["application"]["id"] == acme.application.pk
        assert found["application"]["user_key"] == acme.application.user_key


def test_the_secret_of_a_client_is_the_key_that_stays(api: Api, acme: Provider) -> None:
    application = acme.another_application(plan=plan_of(acme, "oidc"))
    until = datetime(2100, 1, 1, tzinfo=UTC)
    new = rotate_key(application.keys.get(), by=BY, keep_until=until)
    path = of(acme, application)
    assert api.json("GET", path)["application"]["client_secret"] == new.value
    assert len(api.json("GET", f"{path}/keys")["keys"]) == 2
    full = api.call("POST", f"{path}/keys.json", {"key": "another-secret"})
    assert (full.status_code, errors_of(full)) == (
        422, {"base": ["The limit of 1 key is reached"]},
    )  # fmt: skip


def test_members_see_applications_of_their_products_only(api: Api, acme: Provider) -> None:
    hidden = acme.another_application(plan=plan_of(acme, "2"), application_id="hidden-id")
    member = User.objects.create(
        tenant=acme.tenant, username="member", email="member@acme.example", state="active",
        allowed_sections=["partners", "plans"], allowed_service_ids=[acme.product.pk],
    )  # fmt: skip
    theirs = msgspec.structs.replace(api, token=token_of(member))
    for path, status in (
        (f"/services/{acme.product.pk}.json", 200),
        (f"/services/{hidden.product_id}.json", 404),
        (f"{of(acme, acme.application)}.json", 200),
        (f"{of(acme, hidden)}.json", 404),
        ("/applications/find.json?app_id=hidden-id", 404),
    ):
        assert theirs.call("GET", path).status_code == status, path
    for path in ("/applications", of(acme)):
        listed = theirs.json("GET", path)["applications"]
        assert [a["application"]["id"] for a in listed] == [acme.application.pk]
    services = theirs.json("GET", "/services")["services"]
    assert [s["service"]["id"] for s in services] == [acme.product.pk]
