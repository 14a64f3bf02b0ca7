"""The log: written with its change, readable in order, and free of secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from django.db import connection, transaction

from portal.people import BY, Provider, make_master, make_provider
from tollway.portal.accounts.services import create_access_token, renew_provider_key
from tollway.portal.applications import services as applications
from tollway.portal.catalog import services as catalog
from tollway.portal.events import selectors, services
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.events.models import Event
from tollway.portal.tenants.models import Tenant


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_a_mistake() -> None:
    tenant = make_master()
    with pytest.raises(transaction.TransactionManagementError):
        services.append(tenant, "tenant.touched", tenant.pk, by=SYSTEM)


def test_a_change_that_fails_leaves_no_event(master: Tenant) -> None:
    class GivenUpError(Exception):
        pass

    before = selectors.newest_position()

    def change() -> None:
        with transaction.atomic():
            services.append(master, "tenant.touched", master.pk, by=SYSTEM)
            raise GivenUpError

    with pytest.raises(GivenUpError):
        change()
    assert selectors.newest_position() == before


def test_an_event_says_who_and_for_whom(master: Tenant) -> None:
    by = Actor("user", "7", on_behalf_of="9", request_id="abc")
    event = services.append(master, "product.created", 3, by=by, after={"name": "x"})
    event.refresh_from_db()
    assert (event.actor_kind, event.actor_id, event.on_behalf_of, event.request_id) == (
        "user", "7", "9", "abc",
    )  # fmt: skip
    assert (event.kind, event.object_kind, event.object_id) == ("product.created", "product", "3")
    assert (event.before, event.after) == ({}, {"name": "x"})


def test_a_reader_goes_on_where_it_was(master: Tenant) -> None:
    first = selectors.newest_position()
    for number in range(3):
        services.append(master, "tenant.touched", number, by=SYSTEM)
    assert selectors.position_of("reader") == 0
    services.advance("reader", to=first)
    batch = selectors.events_after(selectors.position_of("reader"), limit=2)
    assert [event.object_id for event in batch] == ["0", "1"]
    services.advance("reader", to=batch[-1].pk)
    rest = selectors.events_after(selectors.position_of("reader"), limit=2)
    assert [event.object_id for event in rest] == ["2"]


def test_a_tenant_reads_its_own_log_only(acme: Provider, globex: Provider) -> None:
    own = selectors.events_of(acme.tenant)
    assert own.count() > 5
    assert not own.exclude(tenant=acme.tenant).exists()
    assert not selectors.events_of(globex.tenant).filter(tenant=acme.tenant).exists()


def test_no_secret_is_ever_logged(acme: Provider) -> None:
    token = create_access_token(acme.admin, by=BY, name="t", permission="rw", scopes=["cms"])
    key = applications.add_key(acme.application, by=BY, value="s3cret-app-key")
    secrets = {
        token, key.value, acme.application.user_key, acme.tenant.provider_key,
        acme.product.service_tokens.get().value, acme.product.proxy.secret_token,
        "my-own-user-key", "my-own-s3cret-token", "a-new-password",
    }  # fmt: skip
    applications.update_application(acme.application, by=BY, user_key="my-own-user-key")
    applications.regenerate_user_key(acme.application, by=BY)
    applications.remove_key(applications.add_key(acme.application, by=BY), by=BY)
    catalog.update_proxy(acme.product, by=BY, secret_token="my-own-s3cret-token")
    catalog.promote(acme.product, by=BY, version=1)
    applications.sign_up(
        acme.tenant, by=BY, org_name="New", username="newcomer", password="a-new-password"
    )
    secrets.add(renew_provider_key(acme.tenant, by=BY))
    applications.delete_account(acme.account, by=BY)
    acme.another_product()
    catalog.delete_product(acme.product, by=BY)
    for event in Event.objects.all():
        text = msgspec.json.encode([event.before, event.after, event.object_id]).decode()
        assert not [secret for secret in secrets if secret in text], event.kind


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer, so nothing can overtake"
)
def test_on_postgresql_ids_become_visible_in_order() -> None:
    """Many writers, one reader by `id > cursor`: it sees every event, each once."""
    provider = make_provider(make_master(), "acme")
    start = selectors.newest_position()
    writers, each = 8, 25

    def write(number: int) -> None:
        for count in range(each):
            with transaction.atomic():
                provider.tenant.org_name = f"{number}-{count}"
                services.append(provider.tenant, "tenant.touched", number, by=SYSTEM)

    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        position = start
        while True:
            last = done.is_set()
            for event in selectors.events_after(position, limit=10):
                seen.append(event.pk)
                position = event.pk
            if last and position == selectors.newest_position():
                break

    reader = in_thread(read)
    threads = [in_thread(partial(write, number)) for number in range(writers)]
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == writers * each


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
