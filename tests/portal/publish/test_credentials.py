"""Which secrets open what: as soon as people change them, and no longer than they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.people import BY, Provider
from portal.publish.homes import Home, document_of, record_of
from tollway import clock
from tollway.portal.accounts.services import (
    change_tenant_state,
    renew_provider_key,
    retire_provider_keys,
)
from tollway.portal.applications import services as applications
from tollway.portal.catalog import services as catalog
from tollway.portal.fields import unseal


def test_a_suspended_tenant_s_provider_key_is_refused(acme: Provider, home: Home) -> None:
    change_tenant_state(acme.tenant, "suspend", by=BY)
    home.catch_up()
    assert home.provider(acme.tenant.provider_key) is None


def test_a_renewed_provider_key_replaces_the_old_one(acme: Provider, home: Home) -> None:
    home.catch_up()
    old = acme.tenant.provider_key
    new = renew_provider_key(acme.tenant, by=BY)
    home.catch_up()
    assert home.provider(old) is None
    assert home.provider(new)


def test_a_replaced_user_key_opens_nothing_any_more(acme: Provider, home: Home) -> None:
    home.catch_up()
    old = acme.application.user_key
    applications.update_application(acme.application, by=BY, user_key="my-own-key")
    home.catch_up()
    assert home.by_user_key(acme.product.pk, old) is None
    assert home.by_user_key(acme.product.pk, "my-own-key")


def soon() -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)


def test_a_user_key_kept_for_a_while_opens_the_same_application_until_it_ends(
    acme: Provider, home: Home
) -> None:
    home.catch_up()
    old, until = acme.application.user_key, soon()
    applications.regenerate_user_key(acme.application, by=BY, keep_until=until)
    home.catch_up()
    found = [home.by_user_key(acme.product.pk, k) for k in (old, acme.application.user_key)]
    assert found == [record_of(home, acme)] * 2
    applications.retire_credentials(until)
    home.catch_up()
    assert home.by_user_key(acme.product.pk, old) is None
    assert home.by_user_key(acme.product.pk, acme.application.user_key)


def test_an_application_key_kept_for_a_while_is_the_last_of_the_record(
    acme: Provider, home: Home
) -> None:
    def keys() -> list[str]:
        home.catch_up()
        record = record_of(home, acme)
        assert record
        return [unseal(key.sealed, "app_key") for key in record.keys]

    applications.update_product(acme.product, by=BY, backend_version="2")
    acme.application.refresh_from_db()
    until, old = soon(), acme.application.keys.get()
    new = applications.rotate_key(old, by=BY, keep_until=until)
    assert keys() == [new.value, old.value]
    applications.retire_credentials(until)
    assert keys() == [new.value]


def test_a_service_token_is_good_until_it_ends(acme: Provider, home: Home) -> None:
    def good(*tokens: str) -> list[bool]:
        home.catch_up()
        return [home.service_token(token, acme.product.pk) for token in tokens]

    first, until = acme.product.service_tokens.get(), soon()
    second = catalog.renew_service_token(first, by=BY, keep_until=until)
    third = catalog.create_service_token(acme.product, by=BY)
    assert good(first.value, second.value, third.value) == [True, True, True]
    applications.retire_credentials(until)
    assert good(first.value, second.value, third.value) == [False, True, True]
    catalog.delete_service_token(second, by=BY)
    assert good(second.value, third.value) == [False, True]


def test_referrer_filters_are_in_the_record(acme: Provider, home: Home) -> None:
    def filters() -> list[str]:
        home.catch_up()
        record = record_of(home, acme)
        assert record
        return list(record.referrer_filters)

    row = applications.add_referrer_filter(acme.application, by=BY, value="*.example.com")
    applications.add_referrer_filter(acme.application, by=BY, value="10.0.0.1")
    assert filters() == ["*.example.com", "10.0.0.1"]
    applications.remove_referrer_filter(row, by=BY)
    assert filters() == ["10.0.0.1"]
    assert not document_of(home, acme).referrer_filters_required
    applications.update_product(acme.product, by=BY, referrer_filters_required=True)
    home.catch_up()
    assert document_of(home, acme).referrer_filters_required


def test_only_the_credentials_of_the_products_mode_are_published(
    acme: Provider, home: Home
) -> None:
    key = acme.application.user_key
    applications.add_key(acme.application, by=BY, value="s3cret-key")
    home.catch_up()
    record = record_of(home, acme)
    assert record
    assert not record.keys
    applications.update_product(acme.product, by=BY, backend_version="2")
    home.catch_up()
    record = record_of(home, acme)
    assert record
    assert len(record.keys) == 1
    assert home.by_user_key(acme.product.pk, key) is None
    assert document_of(home, acme).backend_version == "2"


def test_an_old_provider_key_opens_until_it_is_retired(acme: Provider, home: Home) -> None:
    first = acme.tenant.provider_key
    second = renew_provider_key(acme.tenant, by=BY, overlap=timedelta(hours=1))
    home.catch_up()
    assert home.provider(first) == home.provider(second) != None  # noqa: E711  (one owner)
    change_tenant_state(acme.tenant, "suspend", by=BY)
    home.catch_up()
    assert home.provider(first) is home.provider(second) is None
    change_tenant_state(acme.tenant, "resume", by=BY)
    end = acme.tenant.old_provider_key_until
    assert end
    retire_provider_keys(end)
    home.catch_up()
    assert home.provider(first) is None
    assert home.provider(second)
