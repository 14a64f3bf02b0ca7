"""Each business change is told to whom it concerns, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.links import token_in, written
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts import services as accounts
from tollway.portal.accounts.models import User
from tollway.portal.applications import services as applications
from tollway.portal.applications.models import Application
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.notices import table
from tollway.portal.notices.services import announce
from tollway.portal.plans.services import create_application_plan

pytestmark = pytest.mark.django_db

DEVELOPER, ADMIN = "john@dev.example", "admin@acme.example"


def plan_of(acme: Provider, **fields: Any) -> Any:
    return create_application_plan(acme.product, by=BY, name="Gold", published=True, **fields)


def waiting_application(acme: Provider) -> Application:
    plan = plan_of(acme, approval_required=True)
    return acme.another_application(plan=plan, name="Rocket")


def moved(*events: str) -> Callable[[Provider], None]:
    def act(acme: Provider) -> None:
        for event in events:
            accounts.change_account_state(acme.account, event, by=BY)

    return act


def reject(acme: Provider) -> None:
    application = waiting_application(acme)
    applications.reject_application(application, by=BY, reason="No rockets")


def sign_up_that_waits(acme: Provider) -> None:
    from tollway.portal.plans.selectors import default_account_plan_of
    from tollway.portal.plans.services import update_plan

    plan = default_account_plan_of(acme.tenant)
    assert plan
    update_plan(plan, by=BY, approval_required=True)
    applications.sign_up(
        acme.tenant, by=BY, org_name="Newco", username="eve", email="eve@new.example"
    )


# What is done -> the last letters that it calls for: template, recipient, a part of the text.
Letter = tuple[str, str, str]
CASES: list[tuple[str, Callable[[Provider], object], list[Letter]]] = [
    ("approve", moved("make_pending", "approve"), [("account_approved", DEVELOPER, "Developer")]),
    ("make pending", moved("make_pending"), [("account_waiting", DEVELOPER, "approve it")]),
    ("reject", moved("reject"), [("account_rejected", DEVELOPER, "not to approve")]),
    ("suspend", moved("suspend"), [("account_suspended", DEVELOPER, "suspended the account")]),
    ("resume", moved("suspend", "resume"), [("account_resumed", DEVELOPER, "lifted")]),
    ("sign up", sign_up_that_waits, [("account_waiting", "eve@new.example", "Newco")]),
    (
        "change a developer's password",
        lambda p: accounts.update_user(p.developer, by=BY, password=PASSWORD + "!"),
        [("password_changed", DEVELOPER, "http://acme.localhost:3000/login")],
    ),
    (
        "change an admin's password",
        lambda p: accounts.update_user(p.admin, by=BY, password=PASSWORD + "!"),
        [("password_changed", ADMIN, "http://acme-admin.localhost:3000/p/login")],
    ),
    ("change another field", lambda p: accounts.update_user(p.admin, by=BY, title="Dr"), []),
    (
        "ask for an application",
        waiting_application,
        [("application_waiting", DEVELOPER, "Rocket for API")],
    ),
    (
        "accept it",
        lambda p: applications.change_state(waiting_application(p), "accept", by=BY),
        [("application_accepted", DEVELOPER, "on the plan Gold")],
    ),
    ("reject it", reject, [("application_rejected", DEVELOPER, "The reason given: No rockets")]),
    (
        "suspend an application",
        lambda p: applications.change_state(p.application, "suspend", by=BY),
        [("application_suspended", DEVELOPER, "App for API")],
    ),
    (
        "change its plan",
        lambda p: applications.change_plan(p.application, plan_of(p), by=BY),
        [("plan_changed", DEVELOPER, "another plan: Gold")],
    ),
    ("make an application", lambda p: p.another_application(), []),
    (
        "add a key",
        lambda p: applications.add_key(p.application, by=BY, value="s3cret-key-1"),
        [("key_created", DEVELOPER, "A key was added to the application App")],
    ),
    (
        "delete a key",
        lambda p: applications.remove_key(applications.add_key(p.application, by=BY), by=BY),
        [("key_created", DEVELOPER, ""), ("key_deleted", DEVELOPER, "was deleted")],
    ),
]


@pytest.mark.parametrize(("what", "act", "letters"), CASES, ids=[case[0] for case in CASES])
def test_a_change_is_told_to_whom_it_concerns(
    acme: Provider,
    globex: Provider,
    what: str,
    act: Callable[[Provider], object],
    letters: list[Letter],
) -> None:
    announce()
    act(acme)
    announce()
    mails = list(Mail.objects.order_by("pk"))[-len(letters) :] if letters else []
    assert [(mail.template, mail.recipient) for mail in mails] == [each[:2] for each in letters]
    if not letters:
        assert not Mail.objects.exists()
    for mail, (_, _, part) in zip(mails, letters, strict=True):
        assert mail.tenant == acme.tenant
        assert part in written(mail)
        assert "s3cret" not in written(mail)


def wish(user: User, *names: str) -> None:
    accounts.update_notifications(user, by=BY, **dict.fromkeys(names, True))


def test_admins_hear_of_what_they_asked_for(acme: Provider) -> None:
    announce()
    wish(acme.admin, "account_created", "application_created")
    sign_up_that_waits(acme)
    waiting_application(acme)
    announce()
    to_admin = Mail.objects.filter(audience=Audience.ADMIN).order_by("pk")
    assert [mail.template for mail in to_admin] == [
        "admin_account_created", "admin_application_created",
    ]  # fmt: skip
    for mail in to_admin:
        assert mail.recipient == ADMIN
        assert "waiting for your approval" in written(mail)
        assert "http://acme-admin.localhost:3000/" in written(mail)


def test_members_hear_of_what_they_may_see(acme: Provider) -> None:
    sections = {"in": ["partners"], "out": ["plans"], "elsewhere": ["partners"]}
    for name, allowed in sections.items():
        member = accounts.create_user(
            acme.tenant, by=BY, username=f"{name}-member", email=f"{name}@acme.example"
        )
        accounts.change_user_state(member, "activate", by=BY)
        products: list[int] | None = [] if name == "elsewhere" else None
        accounts.update_permissions(
            member, by=BY, allowed_sections=allowed, allowed_service_ids=products
        )
        wish(member, "application_created")
    announce()
    acme.another_application()
    announce()
    assert [mail.recipient for mail in Mail.objects.all()] == ["in@acme.example"]


def test_who_confirms_an_address_hears_that_the_account_waits(acme: Provider) -> None:
    user = accounts.create_user(
        acme.tenant, by=BY, account=acme.account, username="eve", email="eve@dev.example"
    )
    accounts.change_account_state(acme.account, "make_pending", by=BY)
    accounts.resend_activation(user, by=BY)
    announce()
    accounts.activate(
        acme.tenant, Audience.DEVELOPER, token_in(Mail.objects.get(template="activation")), by=BY
    )
    announce()
    newest = Mail.objects.latest("pk")
    assert (newest.template, newest.recipient) == ("account_waiting", "eve@dev.example")


def test_what_is_gone_is_told_to_nobody(acme: Provider) -> None:
    announce()
    applications.change_state(acme.application, "suspend", by=BY)
    accounts.change_account_state(acme.account, "suspend", by=BY)
    accounts.update_user(acme.developer, by=BY, password=PASSWORD + "!")
    reject(acme)
    applications.delete_account(acme.account, by=BY)
    announce()
    assert not Mail.objects.exists()


def test_every_row_answers_an_event_of_something_that_is_not_there(acme: Provider) -> None:
    for kind in table.NOTICES:
        event = Event(
            tenant=acme.tenant, kind=kind, object_id="0",
            after={"state": "pending", "password": "changed"},
            before={"account_id": 0, "product_id": 0, "name": "x"},
        )  # fmt: skip
        for notice in table.notices_of(event):
            assert notice.told(event) is None


def test_the_provider_hears_of_wishes_and_of_what_developers_delete(acme: Provider) -> None:
    announce()
    wish(acme.admin, "cinstance_cancellation")
    applications.request_plan(acme.application, plan_of(acme), by=BY)
    developer = Actor("user", str(acme.developer.pk))
    applications.delete_application(acme.another_application(), by=developer)
    applications.delete_application(acme.another_application(), by=BY)
    announce()
    mails = Mail.objects.filter(audience=Audience.ADMIN).order_by("pk")
    assert [mail.template for mail in mails] == [
        "admin_plan_requested", "admin_application_deleted",
    ]  # fmt: skip
    assert "from the plan Basic to Gold" in written(mails[0])
    assert "has deleted the application Another" in written(mails[1])
