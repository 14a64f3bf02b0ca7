"""The list of accounts and the page of one: found, moved between states, deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import change_account_state, create_user
from tollway.portal.applications.selectors import AccountFilter, matching_accounts
from tollway.portal.console.accounts import filters, finding, forms, index, page, routes, users
from tollway.portal.console.sight import Sight
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.services import change_account_plan, create_account_plan
from tollway.portal.tenants.models import TenantSettings
from tollway.portal.web.site import Side, Site

pytestmark = pytest.mark.django_db

LIST = "/buyers/accounts"


def one(provider: Provider, what: str = "") -> str:
    return f"{LIST}/{provider.account.pk}{what}"


def others(provider: Provider, *names: str, state: str = "approved") -> None:
    for name in names:
        Account.objects.create(tenant=provider.tenant, org_name=name, state=state)


def test_the_list_shows_who_administers_each_and_what_it_has(acme: Provider) -> None:
    shown = text(admin(acme).get(LIST))
    for words in (acme.account.org_name, acme.developer.username, acme.developer.email):
        assert words in shown


@pytest.mark.parametrize(
    "asked", ["org_name", "username", "email", "application_id", "user_key", "id"]
)
def test_an_account_is_found_by_its_name_its_people_and_its_keys(
    acme: Provider, asked: str
) -> None:
    others(acme, "Elsewhere")
    known = {
        "org_name": acme.account.org_name.lower()[:5],
        "username": acme.developer.username,
        "email": acme.developer.email.upper(),
        "application_id": acme.application.application_id,
        "user_key": acme.application.user_key,
        "id": str(acme.account.pk),
    }
    shown = text(admin(acme).get(LIST, {"q": known[asked]}))
    assert acme.account.org_name in shown
    assert "Elsewhere" not in shown


def test_nothing_is_found_by_the_key_of_a_product_that_a_member_may_not_see(
    acme: Provider,
) -> None:
    kept = member(acme, "partners", products=[acme.another_product().pk])
    shown = text(kept.get(LIST, {"q": acme.application.user_key}))
    assert acme.developer.email not in shown
    assert "It has none" in text(kept.get(one(acme)))


def test_tabs_narrow_the_list(acme: Provider) -> None:
    others(acme, "Night Bus", state="pending")
    client = admin(acme)
    pending = text(client.get(LIST, {"state": "pending"}))
    assert "Night Bus" in pending
    assert acme.developer.email not in pending
    for nonsense in ({"state": "x"}, {"sort": "x"}, {"page": "x"}, {"q": "9" * 30}):
        assert client.get(LIST, nonsense).status_code == 200


def test_accounts_are_found_by_plan_and_the_day_they_signed_up(acme: Provider) -> None:
    client, plan = admin(acme), create_account_plan(acme.tenant, by=BY, name="Partner")
    assert "Any plan" not in text(client.get(LIST))
    TenantSettings.objects.filter(tenant=acme.tenant).update(account_plans_ui_visible=True)
    others(acme, "Night Bus", state="pending")
    change_account_plan(acme.account, plan, by=BY)
    then = clock.utc_now() - timedelta(days=40)
    Account.objects.filter(pk=acme.account.pk).update(created_at=then)
    day, after = then.date().isoformat(), (then + timedelta(days=1)).date().isoformat()
    for asked in (
        {"plan": plan.pk},
        {"signed_up_to": day},
        {"signed_up_from": day, "signed_up_to": day, "state": "approved"},
    ):
        shown = text(client.get(LIST, asked))
        assert (acme.developer.email in shown, "Night Bus" in shown) == (True, False)
    assert acme.developer.email not in text(client.get(LIST, {"signed_up_from": after}))
    for odd in ({"plan": "x"}, {"signed_up_from": "x"}, {"signed_up_to": "9999-12-31"}):
        assert "2 accounts" in text(client.get(LIST, odd))
    tabs = client.get(LIST, {"plan": plan.pk}).content.decode()
    assert f'href="?state=approved&amp;plan={plan.pk}"' in tabs
    sight = Sight(acme.tenant, acme.admin, None)
    assert filters.AccountFilters({"state": "x"}, sight, with_state=True).is_valid() is False


def test_a_list_of_many_costs_the_same_queries(acme: Provider) -> None:
    client, counts = admin(acme), []
    for names in (["First"], [f"Account {n}" for n in range(40)]):
        others(acme, *names)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        ("pending", "approve", "approved"),
        ("pending", "reject", "rejected"),
        ("approved", "suspend", "suspended"),
        ("suspended", "resume", "approved"),
        ("approved", "make_pending", "pending"),
        ("suspended", "approve", "suspended"),
        ("rejected", "suspend", "rejected"),
    ],
)
def test_an_account_is_moved_where_its_state_allows(
    acme: Provider, before: str, event: str, after: str
) -> None:
    Account.objects.filter(pk=acme.account.pk).update(state=before)
    client = admin(acme)
    assert client.post(one(acme, f"/state/{event}"))["Location"] == one(acme)
    acme.account.refresh_from_db()
    assert acme.account.state == after
    assert (index.SAID[event][0] if before != after else "Nothing was changed") in toasts(client)


def test_a_button_of_the_list_leads_back_to_the_list_and_nowhere_else(acme: Provider) -> None:
    client, wanted = admin(acme), f"{LIST}?state=pending&page=2"
    for sent, led in ((wanted, wanted), ("//evil.example", one(acme)), ("/x", one(acme))):
        Account.objects.filter(pk=acme.account.pk).update(state="pending")
        answer = client.post(one(acme, "/state/approve"), {"next": sent})
        assert answer["Location"] == led


def test_the_page_says_that_the_gateway_refuses_who_is_not_approved(acme: Provider) -> None:
    client = admin(acme)
    refused = "Calls of its applications are refused"
    assert refused not in text(client.get(one(acme)))
    change_account_state(acme.account, "suspend", by=BY)
    shown = text(client.get(one(acme)))
    assert refused in shown
    assert "suspended" in shown


def test_a_plan_is_changed_and_a_strangers_plan_is_refused(
    acme: Provider, globex: Provider
) -> None:
    client, plan = admin(acme), create_account_plan(acme.tenant, by=BY, name="Partner")
    foreign = create_account_plan(globex.tenant, by=BY, name="Foreign")
    client.post(one(acme, "/plan"), {"plan": foreign.pk})
    assert "This plan is gone." in toasts(client)
    assert client.post(one(acme, "/plan"), {"plan": plan.pk}).status_code == 302
    assert "Partner" in text(client.get(LIST))


def test_deleting_takes_the_name_and_happens_once(acme: Provider) -> None:
    client = admin(acme)
    assert client.post(one(acme, "/delete"), {"typed": "no"}).status_code == 422
    assert Account.objects.filter(pk=acme.account.pk).exists()
    sent = {"typed": acme.account.org_name}
    assert client.post(one(acme, "/delete"), sent)["Location"] == LIST
    assert not Account.objects.filter(pk=acme.account.pk).exists()
    assert not User.objects.filter(pk=acme.developer.pk).exists()
    assert client.post(one(acme, "/delete"), sent)["Location"] == LIST


def test_an_organisations_account_is_not_moved_here(acme: Provider, globex: Provider) -> None:
    Account.objects.filter(provider=globex.tenant).update(provider=None)
    Account.objects.filter(pk=acme.account.pk).update(provider=globex.tenant)
    client = admin(acme)
    client.post(one(acme, "/state/suspend"))
    acme.account.refresh_from_db()
    assert acme.account.state == "approved"


def test_an_organisations_account_is_not_deleted_here(acme: Provider, globex: Provider) -> None:
    account = Account.objects.get(provider=globex.tenant)
    Account.objects.filter(pk=account.pk).update(tenant=acme.tenant)
    answer = admin(acme).post(f"/buyers/accounts/{account.pk}/delete", {"typed": account.org_name})
    assert (answer.status_code, "closed first" in text(answer)) == (422, True)
    assert Account.objects.filter(pk=account.pk).exists()


def test_strangers_do_not_see_an_account(acme: Provider, globex: Provider) -> None:
    others(acme, "Night Bus")
    stranger = admin(globex)
    assert "Night Bus" not in text(stranger.get(LIST))
    assert stranger.get(one(acme)).status_code == 404
    for route in (*(f"state/{event}" for event in index.SAID), "plan"):
        assert stranger.post(one(acme, f"/{route}")).status_code == 404
    stranger.post(one(acme, "/delete"), {"typed": acme.account.org_name})
    assert Account.objects.filter(pk=acme.account.pk).exists()
    assert {row.name for row in routes.routes} >= {"accounts", "account"}
    request = RequestFactory().get("/")
    request.tollway = Site(globex.tenant, Side.ADMIN, "globex-admin.localhost", "1")  # type: ignore[attr-defined]
    with pytest.raises(Http404):
        finding.account_or_404(request, acme.account.pk)


def test_an_account_is_made_and_edited_and_bad_values_are_refused(acme: Provider) -> None:
    client = admin(acme)
    sent = {"org_name": "Night Bus", "username": "maya", "email": "maya@night.example"}
    bad = client.post(f"{LIST}/new", {**sent, "email": "no", "once": NONCE})
    assert bad.status_code == 422
    AccountPlan.objects.filter(tenant=acme.tenant).update(approval_required=True)
    made = client.post(f"{LIST}/new", {**sent, "once": NONCE})
    again = client.post(f"{LIST}/new", {**sent, "once": NONCE})
    assert made["Location"] == again["Location"]
    account = Account.objects.get(org_name="Night Bus")
    assert account.state == "approved"
    edit = f"{LIST}/{account.pk}/edit"
    shown = client.get(edit)
    values = {"org_name": "Night Buses", "vat_rate": "19", "seen": seen(shown)}
    refused = client.post(edit, {**values, "vat_rate": "190"})
    assert refused.status_code == 422
    assert client.post(edit, values).status_code == 302
    account.refresh_from_db()
    assert (account.org_name, str(account.vat_rate)) == ("Night Buses", "19.0000")
    assert {"org_name", "vat_rate"} <= set(forms.account_values(account))
    assert client.post(edit, {**values, "org_name": "Mine"}).status_code == 409


def test_users_are_listed_suspended_and_the_last_one_is_kept(acme: Provider) -> None:
    client, path = admin(acme), one(acme, "/users")
    assert acme.developer.email in text(client.get(path))
    user = f"{path}/{acme.developer.pk}"
    assert client.get(user).status_code == 200
    for event in ("suspend", "unsuspend"):
        client.post(f"{user}/state/{event}")
        assert users.SAID[event] in toasts(client)
    client.post(f"{user}/delete")
    assert "The last admin cannot be deleted" in toasts(client)
    assert User.objects.filter(pk=acme.developer.pk).exists()


def test_a_users_page_is_of_its_account(acme: Provider, globex: Provider) -> None:
    path = f"{one(acme)}/users/{globex.developer.pk}"
    assert admin(acme).get(path).status_code == 404
    assert admin(globex).get(f"{one(acme)}/users").status_code == 404


def test_a_key_of_a_product_out_of_sight_finds_no_account(acme: Provider) -> None:
    wanted = AccountFilter(text=acme.application.user_key)
    for allowed, count in ((None, 1), (frozenset({acme.product.pk}), 1), (frozenset[int](), 0)):
        assert matching_accounts(acme.tenant, wanted, allowed).count() == count


def test_the_page_shows_the_first_of_many_users(acme: Provider) -> None:
    for n in range(page.SHOWN_MAX + 1):
        create_user(
            acme.tenant,
            by=BY,
            account=acme.account,
            username=f"dev-{n:02}",
            email=f"d{n}@x.test",
        )
    shown = text(admin(acme).get(one(acme)))
    assert f"All {page.SHOWN_MAX + 2}" in shown
    assert f"dev-{page.SHOWN_MAX - 2:02}" in shown
    assert f"dev-{page.SHOWN_MAX:02}" not in shown
