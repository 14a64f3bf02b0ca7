"""Credentials that were replaced end when their moment has come, by nobody's request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.applications import selectors
from tollway.portal.applications.services import (
    regenerate_user_key,
    retirement,
    rotate_key,
    update_product,
)
from tollway.portal.applications.services.retirement import retire_credentials
from tollway.portal.catalog.services import renew_service_token
from tollway.portal.events.selectors import events_of


def test_each_kind_of_credential_ends_at_its_moment_and_once(
    acme: Provider, globex: Provider
) -> None:
    until = datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)
    regenerate_user_key(acme.application, by=BY, keep_until=until)
    update_product(globex.product, by=BY, backend_version="2")
    globex.application.refresh_from_db()
    key = selectors.keys_of(globex.tenant, globex.application).get()
    rotate_key(key, by=BY, keep_until=until)
    renew_service_token(acme.product.service_tokens.get(), by=BY, keep_until=until)

    assert retire_credentials(until - timedelta(seconds=1)) == 0
    assert retire_credentials(until) == 3
    assert retire_credentials(until) == 0
    assert not selectors.former_user_keys_of(acme.tenant, acme.application).exists()
    assert key not in selectors.keys_of(globex.tenant, globex.application)
    assert acme.product.service_tokens.count() == 1
    told = [
        [(event.kind, event.actor_kind) for event in events_of(tenant).filter(actor_kind="system")]
        for tenant in (acme.tenant, globex.tenant)
    ]
    assert told == [
        [("application.user_key_expired", "system"), ("service_token.expired", "system")],
        [("application.key_expired", "system")],
    ]


def test_what_is_more_than_a_batch_ends_in_the_next_round(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retirement, "BATCH", 2)
    until = datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)
    for _ in range(3):
        regenerate_user_key(acme.application, by=BY, keep_until=until)
    assert [retire_credentials(until) for _ in range(3)] == [2, 1, 0]


def test_looking_for_ended_credentials_is_three_small_queries(
    db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        retire_credentials(datetime.fromtimestamp(clock.now(), UTC))
