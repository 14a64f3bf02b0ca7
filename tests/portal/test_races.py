"""Many people at once, on PostgreSQL: nothing is lost, doubled, or deadlocked.

SQLite takes its one write lock when a transaction begins, so there these changes queue anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection

from portal.accounts.links import token_in
from portal.console.visiting import signed_in
from portal.people import BY, PASSWORD, Provider, make_master, make_provider
from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import team, update_settings, users
from tollway.portal.applications import services as applications
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors
from tollway.portal.catalog.services import (
    EditedMeanwhileError,
    create_mapping_rule,
    deploy,
    promote,
    update_proxy,
)
from tollway.portal.events.selectors import events_of
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.onboarding.services import sign_up_provider
from tollway.portal.plans import services as plans
from tollway.portal.storefront.domains import proof_of, use_domain, want_domain
from tollway.portal.storefront.names import Seen
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import holders_of
from tollway.portal.web import throttle

PEOPLE = 8

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def crowd(work: Callable[[int], object]) -> list[BaseException]:
    """Let eight people do it at once; return what went wrong."""
    failures: list[BaseException] = []
    start = threading.Barrier(PEOPLE)

    def person(number: int) -> None:
        start.wait()
        try:
            work(number)
        except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.fixture
def acme() -> Provider:
    return make_provider(make_master(), "acme")


def test_products_of_one_name_get_names_of_their_own(acme: Provider) -> None:
    assert crowd(lambda _: acme.another_product("Same")) == []
    products = selectors.products_of(acme.tenant).filter(name="Same")
    assert len({product.system_name for product in products}) == PEOPLE
    assert len({product.proxy.host_label for product in products}) == PEOPLE


def test_the_limit_of_keys_holds(acme: Provider) -> None:
    failures = crowd(lambda _: applications.add_key(acme.application, by=BY))
    assert acme.application.keys.count() == applications.KEYS_MAX
    assert len(failures) == PEOPLE - applications.KEYS_MAX
    assert all(isinstance(failure, ValidationError) for failure in failures)


def test_versions_and_positions_are_numbered_without_gaps(acme: Provider) -> None:
    def work(number: int) -> None:
        create_mapping_rule(
            acme.product, by=BY, metric=acme.hits, http_method="GET", pattern=f"/{number}", delta=1
        )
        update_proxy(acme.product, by=BY, auth_user_key=f"key-{number}")

    assert crowd(work) == []
    rules = selectors.mapping_rules_of(acme.tenant, acme.product)
    assert [rule.position for rule in rules] == list(range(1, PEOPLE + 2))
    configs = selectors.proxy_configs_of(acme.tenant, acme.product, "sandbox")
    assert [config.version for config in configs] == list(range(1, PEOPLE + 1))


def test_one_of_many_who_suspend_an_application_does_it(acme: Provider) -> None:
    failures = crowd(lambda _: applications.change_state(acme.application, "suspend", by=BY))
    assert len(failures) == PEOPLE - 1
    kinds = [event.kind for event in events_of(acme.tenant)]
    assert kinds.count("application.suspended") == 1


def test_of_two_admins_who_suspend_each_other_one_stays(acme: Provider) -> None:
    fields: dict[str, Any] = {"username": "second", "email": "second@acme.example"}
    second = users.create_user(acme.tenant, by=BY, **fields)
    users.change_user_state(second, "activate", by=BY)
    users.change_role(second, "admin", by=BY)
    admins = [acme.admin.pk, second.pk]
    rows = [User.objects.get(pk=admins[number % 2]) for number in range(PEOPLE)]
    crowd(lambda number: users.change_user_state(rows[number], "suspend", by=BY))
    states = User.objects.filter(pk__in=admins).values_list("state", flat=True)
    assert sorted(states) == ["active", "suspended"]


def test_of_two_admins_who_make_each_other_a_member_on_their_pages_one_stays(
    acme: Provider,
) -> None:
    fields: dict[str, Any] = {"username": "second", "email": "second@acme.example"}
    second = users.create_user(acme.tenant, by=BY, password=PASSWORD, **fields)
    users.change_user_state(second, "activate", by=BY)
    users.change_role(second, "admin", by=BY)
    names = ["admin", "second"]
    clients = [signed_in(acme, names[number % 2]) for number in range(PEOPLE)]
    others = [second, acme.admin]

    def demote(number: int) -> None:
        other = others[number % 2]
        given = {"username": other.username, "email": other.email}
        path = f"/p/admin/account/users/{other.pk}/edit"
        clients[number].post(path, {**given, "role": "member", "products": "all"})

    assert crowd(demote) == []
    roles = User.objects.filter(tenant=acme.tenant, account=None).values_list("role", flat=True)
    assert sorted(roles) == ["admin", "member"]


def test_a_link_into_the_team_and_the_last_place_in_it_let_one_in(acme: Provider) -> None:
    team.invite_to_team(acme.tenant, by=BY, email="ann@acme.example")
    token = token_in(Mail.objects.get(template="team_invitation"))
    join = partial(team.join_team, acme.tenant, token, by=BY, password=PASSWORD)
    assert len(crowd(lambda number: join(username=f"ann{number}"))) == PEOPLE - 1
    Tenant.objects.filter(pk=acme.tenant.pk).update(max_users=3)
    tenant = Tenant.objects.get(pk=acme.tenant.pk)
    emails = [f"bob{number}@acme.example" for number in range(PEOPLE)]
    failures = crowd(lambda number: team.invite_to_team(tenant, by=BY, email=emails[number]))
    assert len(failures) == PEOPLE - 1


def test_one_of_many_who_prove_a_domain_gets_it(acme: Provider) -> None:
    globex = make_provider(acme.tenant.master_account.tenant, "globex")
    host, sides = "portal.acme.example", [Audience.DEVELOPER, Audience.ADMIN]
    wishes = list(zip([acme.tenant, globex.tenant], sides, strict=True))
    for tenant, audience in wishes:
        want_domain(tenant, audience, host, by=BY)
    proofs = tuple(proof_of(tenant, host) for tenant, _ in wishes)
    seen = Seen(host, proofs, ("192.0.2.7",), here=True, silent=False)

    def use(number: int) -> None:
        tenant, audience = wishes[number % 2]
        use_domain(Tenant.objects.get(pk=tenant.pk), audience, seen, by=BY)

    failures = crowd(use)
    assert {type(failure) for failure in failures} == {ValidationError}
    assert (len(failures), holders_of(host).count()) == (PEOPLE - 1, 1)


def test_one_of_many_who_delete_an_application_does_it(acme: Provider) -> None:
    rows = [Application.objects.get(pk=acme.application.pk) for _ in range(PEOPLE)]
    failures = crowd(lambda number: applications.delete_application(rows[number], by=BY))
    assert [type(failure) for failure in failures] == [Application.DoesNotExist] * (PEOPLE - 1)
    kinds = [event.kind for event in events_of(acme.tenant)]
    assert kinds.count("application.deleted") == 1


def test_one_of_many_who_promote_a_version_does_it(acme: Provider) -> None:
    deploy(acme.product, by=BY)
    failures = crowd(lambda _: promote(acme.product, by=BY, version=1))
    assert len(failures) == PEOPLE - 1
    configs = selectors.proxy_configs_of(acme.tenant, acme.product, "production")
    assert [config.version for config in configs] == [1]


def test_of_many_editors_of_one_version_one_is_heard(acme: Provider) -> None:
    failures = crowd(
        lambda n: update_proxy(acme.product, by=BY, lock_version=0, auth_app_id=f"{n}")
    )
    assert [type(failure) for failure in failures] == [EditedMeanwhileError] * (PEOPLE - 1)
    assert selectors.proxy_of(acme.tenant, acme.product).lock_version == 1


def test_an_account_that_may_have_one_application_gets_one(acme: Provider) -> None:
    update_settings(acme.tenant, by=BY, multiple_applications=False)
    applications.delete_application(acme.application, by=BY)
    failures = crowd(lambda number: acme.another_application(name=f"{number}"))
    assert len(failures) == PEOPLE - 1
    assert acme.account.applications.count() == 1


def test_a_credential_ends_once_whoever_ends_it(acme: Provider) -> None:
    until = datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)
    applications.regenerate_user_key(acme.application, by=BY, keep_until=until)
    assert crowd(lambda _: applications.retire_credentials(until)) == []
    kinds = [event.kind for event in events_of(acme.tenant)]
    assert kinds.count("application.user_key_expired") == 1


def test_ranges_of_prices_never_overlap(acme: Provider) -> None:
    failures = crowd(
        lambda number: plans.create_pricing_rule(acme.plan, acme.hits, by=BY, min=number + 1)
    )
    assert acme.plan.pricing_rules.count() == 1
    assert len(failures) == PEOPLE - 1
    assert all(isinstance(failure, ValidationError) for failure in failures)


def test_an_application_gets_one_custom_plan(acme: Provider) -> None:
    rows = [Application.objects.get(pk=acme.application.pk) for _ in range(PEOPLE)]
    assert crowd(lambda number: applications.customize_plan(rows[number], by=BY)) == []
    assert acme.plan.custom_plans.count() == 1


def test_first_applications_subscribe_to_their_product_once(acme: Provider) -> None:
    plan = plans.create_application_plan(acme.another_product(), by=BY, name="Free")
    assert crowd(lambda number: acme.another_application(plan=plan, name=f"{number}")) == []
    assert plan.product.service_subscriptions.count() == 1
    assert plan.applications.count() == PEOPLE


def sign_up_as(number: int, subdomain: str) -> None:
    operator = Tenant.objects.get(is_master=True)
    sign_up_provider(
        operator, settings.TOLLWAY, by=BY, org_name="Same", subdomain=subdomain, username="admin",
        email=f"admin@{number}.example", password="a good password",
    )  # fmt: skip


def test_a_subdomain_goes_to_one_and_the_others_are_told_at_the_field(acme: Provider) -> None:
    failures = crowd(lambda number: sign_up_as(number, "same"))
    assert Tenant.objects.filter(subdomain="same").count() == 1
    assert len(failures) == PEOPLE - 1
    for failure in failures:
        assert isinstance(failure, ValidationError)
        assert list(failure.message_dict) == ["subdomain"]


def test_subdomains_made_of_one_name_differ(acme: Provider) -> None:
    assert crowd(lambda number: sign_up_as(number, "")) == []
    assert Tenant.objects.filter(subdomain__startswith="same").count() == PEOPLE


def test_so_many_tries_of_a_form_are_let_through_and_no_more(acme: Provider) -> None:
    waits: list[int] = []

    def attempt(_: int) -> None:
        tenant = Tenant.objects.get(pk=acme.tenant.pk)
        waits.append(throttle.begin(tenant, "admin", "192.0.2.7", at=clock.now()).wait_s)

    assert not crowd(attempt)
    assert waits.count(0) == throttle.SIGN_IN.per_name
