"""From the ticks of a list to a bulk run and back: what is asked, started, watched, called off."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import NONCE, admin, member, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import Account
from tollway.portal.bulk.kinds import KINDS
from tollway.portal.bulk.models import Run
from tollway.portal.bulk.services import SECTION, step
from tollway.portal.bulk.subjects import Subject
from tollway.portal.console import ticking
from tollway.portal.console.accounts import index as accounts
from tollway.portal.console.applications import index as applications
from tollway.portal.console.bulk import asking, forms, reading, routes, watching
from tollway.portal.plans.services import create_account_plan, create_application_plan
from tollway.portal.tenants.models import TenantSettings

pytestmark = pytest.mark.django_db

RUNS = "/p/admin/bulk"
LIST = "/buyers/accounts"


def asked(kind: str) -> str:
    return f"{RUNS}/new/{kind}"


def others(provider: Provider, *names: str, state: str = "pending") -> list[int]:
    return [
        Account.objects.create(tenant=provider.tenant, org_name=name, state=state).pk
        for name in names
    ]


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def started(client: Client, kind: str, sent: dict[str, Any]) -> Run:
    """Start a run, and do all of it."""
    answer = client.post(asked(kind), sent)
    assert answer.status_code == 302, text(answer)
    while step():
        pass
    return Run.objects.get(pk=int(answer["Location"].rpartition("/")[2]))


def test_each_list_offers_what_can_be_done(acme: Provider, client: Client) -> None:
    assert f'formaction="{asked("accounts-plan")}"' not in client.get(LIST).content.decode()
    TenantSettings.objects.filter(tenant=acme.tenant).update(account_plans_ui_visible=True)
    for path, kinds in ((LIST, accounts.KINDS), ("/p/admin/applications", applications.KINDS)):
        page = client.get(path).content.decode()
        assert all(f'formaction="{asked(kind)}"' in page for kind in kinds)
        assert set(kinds) <= set(KINDS)
        assert ticking.ROWS in page


def test_the_bar_sends_what_the_list_is_narrowed_down_to(acme: Provider, client: Client) -> None:
    others(acme, *(f"Night Bus {n:02}" for n in range(60)))
    page = client.get(LIST, {"state": "pending", "q": "night"}).content.decode()
    assert "Tick all 60 that match" in text(client.get(LIST, {"state": "pending", "q": "night"}))
    for name, value in (("state", "pending"), ("q", "night"), ("all", "1")):
        assert f'name="{name}" value="{value}" disabled data-bulk-kept' in page
    of_product = f"/apiconfig/services/{acme.product.pk}/applications"
    sent = f'name="of_product" value="{acme.product.pk}"'
    assert sent in client.get(of_product).content.decode()


def test_what_would_be_done_is_shown_before_it_is(acme: Provider, client: Client) -> None:
    rows = [*others(acme, "Night Bus", "Ferrywatch"), *others(acme, "Quiet", state="suspended")]
    shown = text(client.get(asked("accounts-reject"), {"rows": rows}))
    for words in ("Reject 3 accounts", "Night Bus", "1 of them stays as it is", "within a second"):
        assert words in shown
    assert "Nothing is selected" in text(client.get(asked("accounts-reject")))
    none = text(client.get(asked("accounts-reject"), {"rows": rows[2]}))
    assert "Nothing would change" in none
    assert "Leave them" not in none
    assert client.get(asked("accounts-fly")).status_code == 404
    assert not Run.objects.exists()


def test_ticked_accounts_are_moved_once_and_those_that_cannot_be_are_linked(
    acme: Provider, globex: Provider, client: Client
) -> None:
    others(acme, "Night Bus", "Ferrywatch")
    quiet = others(acme, "Quiet Rooms", state="suspended")[0]
    rows = [*Account.objects.values_list("pk", flat=True), "x", "9" * 30]
    sent = {"rows": rows, "once": NONCE}
    run = started(client, "accounts-reject", sent)
    assert started(client, "accounts-reject", sent) == run
    page = client.get(f"{RUNS}/{run.pk}")
    shown = text(page)
    for words in ("Reject 4 accounts", "3 of 4 done, 1 could not be", "It is suspended."):
        assert words in shown
    assert f'href="{LIST}/{quiet}"' in page.content.decode()
    assert "hx-get" not in page.content.decode().partition("run-progress")[2][:200]
    globex.account.refresh_from_db()
    assert globex.account.state == "approved"
    assert "Reject 4 accounts" in text(client.get(RUNS))


def test_all_that_match_are_done_without_naming_them(acme: Provider, client: Client) -> None:
    others(acme, *(f"Night Bus {n:02}" for n in range(70)))
    others(acme, "Ferrywatch")
    narrowed = {"all": "1", "state": "pending", "q": "night"}
    shown = client.get(asked("accounts-approve"), narrowed)
    assert "Approve 70 accounts" in text(shown)
    assert "and 60 more" in text(shown)
    assert 'href="/buyers/accounts?state=pending&amp;q=night"' in shown.content.decode()
    run = started(client, "accounts-approve", narrowed)
    assert (run.done, run.failed) == (70, 0)
    assert Account.objects.get(org_name="Ferrywatch").state == "pending"


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("accounts-suspend", {"state": "x"}),
        ("accounts-suspend", {"plan": "0"}),
        ("accounts-suspend", {"planet": "0"}),
        ("accounts-suspend", {"signed_up_from": "yesterday"}),
        ("applications-suspend", {"product": "0"}),
        ("applications-suspend", {"plan": "1"}),
        ("applications-suspend", {"traffic": "x"}),
        ("subscriptions-suspend", {"state": "x"}),
    ],
)
def test_a_filter_that_cannot_be_read_does_not_mean_everything(
    acme: Provider, client: Client, kind: str, odd: dict[str, str]
) -> None:
    for ask in (client.get, client.post):
        answer = ask(asked(kind), {"all": "1", **odd})
        assert answer["Location"] == reading.list_of(KINDS[kind].subject)
        assert "One of the filters" in toasts(client)
    for of in ("of_product", "of_account"):
        assert client.get(asked("applications-suspend"), {"all": "1", of: "0"}).status_code == 404
    assert not Run.objects.exists()


def test_a_plan_is_chosen_among_those_that_fit(acme: Provider, client: Client) -> None:
    plan = create_account_plan(acme.tenant, by=BY, name="Partner")
    rows: dict[str, Any] = {"rows": acme.account.pk}
    assert "Partner" in text(client.get(asked("accounts-plan"), rows))
    wrong = client.post(asked("accounts-plan"), {**rows, "to_plan": "0"})
    assert (wrong.status_code, "This plan is gone" in text(wrong)) == (422, True)
    run = started(client, "accounts-plan", {**rows, "to_plan": plan.pk})
    assert run.done == 1
    dear = create_application_plan(acme.product, by=BY, name="Dear")
    of_one: dict[str, Any] = {"all": "1", "of_product": acme.product.pk}
    assert "Dear" in text(client.get(asked("applications-plan"), of_one))
    assert started(client, "applications-plan", {**of_one, "to_plan": dear.pk}).done == 1


def test_applications_of_several_products_are_put_on_no_plan(
    acme: Provider, client: Client
) -> None:
    other = acme.another_product()
    plan = create_application_plan(other, by=BY, name="Other")
    acme.another_application(plan=plan)
    shown = text(client.get(asked("applications-plan"), {"all": "1"}))
    assert "Choose the rows of one product" in shown
    sent = {"all": "1", "to_plan": plan.pk}
    assert client.post(asked("applications-plan"), sent).status_code == 422


def test_a_letter_is_previewed_sent_and_kept_with_the_run(acme: Provider, client: Client) -> None:
    sent = {"rows": acme.account.pk, "subject": "Maintenance", "body": "On Monday.\nAt noon."}
    looked = client.post(asked("accounts-letter"), {**sent, "preview": "1", "once": NONCE})
    assert looked.status_code == 200
    assert "As they get it" in text(looked)
    assert "about your developer account" in text(looked)
    assert not Run.objects.exists()
    empty = client.post(asked("accounts-letter"), {**sent, "body": ""})
    assert (empty.status_code, "Enter a message." in text(empty)) == (422, True)
    assert "Maintenance" in empty.content.decode()
    run = started(client, "accounts-letter", {**sent, "once": NONCE})
    assert "On Monday." in text(client.get(f"{RUNS}/{run.pk}"))
    assert "was sent an e-mail: Maintenance" in text(client.get(f"{LIST}/{acme.account.pk}"))


def test_a_running_run_asks_for_itself_and_can_be_cancelled(acme: Provider, client: Client) -> None:
    rows = others(acme, "Night Bus")
    client.post(asked("accounts-approve"), {"rows": rows})
    run = Run.objects.get()
    for path in (f"{RUNS}/{run.pk}", f"{RUNS}/{run.pk}/progress"):
        assert f'hx-get="{RUNS}/{run.pk}/progress"' in client.get(path).content.decode()
    client.post(f"{RUNS}/{run.pk}/cancel")
    assert "It is cancelled" in toasts(client)
    assert not step()
    assert "hx-get" not in client.get(f"{RUNS}/{run.pk}/progress").content.decode()
    client.post(f"{RUNS}/{run.pk}/cancel")
    assert "It has ended already." in toasts(client)


def test_a_run_is_for_admins_and_for_who_asked(acme: Provider, globex: Provider) -> None:
    rows = others(acme, "Night Bus")
    kept, other = member(acme, "partners"), member(acme, "partners", name="other")
    kept.post(asked("accounts-approve"), {"rows": rows})
    path = f"{RUNS}/{Run.objects.get().pk}"
    assert [client.get(path).status_code for client in (kept, admin(acme))] == [200, 200]
    for client in (other, admin(globex)):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}/cancel").status_code == 404
        assert "No bulk operations yet" in text(client.get(RUNS))


def test_pages_cost_the_same_however_many_rows(acme: Provider, client: Client) -> None:
    counts: list[list[int]] = []
    for names in (["First"], [f"Account {n}" for n in range(60)]):
        others(acme, *names, state="suspended")
        with CaptureQueriesContext(connection) as queries:
            client.get(asked("accounts-reject"), {"all": "1"})
        counts.append([len(queries)])
        run = started(client, "accounts-reject", {"all": "1", "state": "suspended"})
        for path in (f"{RUNS}/{run.pk}", RUNS):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]


def test_every_page_takes_what_a_run_takes() -> None:
    assert {vars(route.callback)["access"].section for route in routes.routes} == {SECTION}
    assert {route.name for route in routes.routes} >= {"bulk-ask", "bulk-run"}
    given = QueryDict("of_account=3&state=live&csrfmiddlewaretoken=x&rows=1")
    assert reading.list_of(Subject.APPLICATIONS, given) == (
        "/buyers/accounts/3/applications?state=live"
    )
    assert issubclass(forms.PlanForm, forms.BulkForm)
    assert asking.title_of(KINDS["accounts-approve"], 1) == "Approve 1 account"
    assert routes.routes[0].name == watching.SECTION.item, "the navigation leads to all runs"


def test_a_run_is_put_back_once_however_often_it_is_asked_for(
    acme: Provider, globex: Provider, client: Client
) -> None:
    pks = others(acme, "Night Bus", "Ferrywatch", state="approved")
    run = started(client, "accounts-suspend", {"rows": pks})
    page, back = f"{RUNS}/{run.pk}", f"{RUNS}/{run.pk}/back"
    shown = text(client.get(page))
    assert "Put 2 accounts back?" in shown
    assert "gets the state back that it had before this run" in shown
    for stranger, status in ((admin(globex), 404), (member(acme, name="none"), 403)):
        assert stranger.post(back).status_code == status

    first, second = (client.post(back, {"once": NONCE})["Location"] for _ in range(2))
    assert first == second
    assert "It is being put back" in text(client.get(page))
    while step():
        pass
    assert {row.state for row in Account.objects.filter(pk__in=pks)} == {"approved"}
    shown = text(client.get(page))
    assert "It was put back" in shown
    assert "Put 2 accounts back?" not in shown
    made = text(client.get(first))
    assert "Put back 2 accounts" in made
    assert "The run that it puts back" in made

    client.post(back)  # from another tab, which shows what was there before
    while step():
        pass
    assert {row.state for row in Account.objects.filter(pk__in=pks)} == {"approved"}


def test_what_cannot_be_put_back_offers_no_button(acme: Provider, client: Client) -> None:
    run = started(
        client, "accounts-letter", {"rows": [acme.account.pk], "subject": "S", "body": "B"}
    )
    page = f"{RUNS}/{run.pk}"
    assert "put-back" not in client.get(page).content.decode()
    assert client.post(f"{page}/back")["Location"] == page
    assert "Nothing was changed" in toasts(client)
    assert client.get(asked("accounts-state-back")).status_code == 404
