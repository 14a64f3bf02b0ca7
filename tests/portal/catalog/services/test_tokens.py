"""Service tokens: several per product, and renewed without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import ServiceToken
from tollway.portal.catalog.services import deploy
from tollway.portal.catalog.services import tokens as services
from tollway.portal.events.selectors import events_of


def soon() -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)


def tokens(acme: Provider) -> list[ServiceToken]:
    return list(selectors.service_tokens_of(acme.tenant, acme.product))


def deployed(acme: Provider) -> str:
    deploy(acme.product, by=BY)
    config = selectors.config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    return documents.token_of(documents.decode(config.content))


def test_new_configurations_carry_the_newest_token_that_stays(acme: Provider) -> None:
    [first] = tokens(acme)
    assert deployed(acme) == first.value
    second = services.create_service_token(acme.product, by=BY)
    assert deployed(acme) == second.value
    third = services.renew_service_token(second, by=BY, keep_until=soon())
    assert deployed(acme) == third.value
    assert [token.expires_at is None for token in tokens(acme)] == [True, False, True]


def test_a_token_is_renewed_at_once_or_with_the_old_beside_it(acme: Provider) -> None:
    [first] = tokens(acme)
    second = services.renew_service_token(first, by=BY)
    assert tokens(acme) == [second]
    assert second.value != first.value
    until = soon()
    services.renew_service_token(second, by=BY, keep_until=until)
    assert services.retire_service_tokens(until - timedelta(seconds=1)) == 0
    assert len(tokens(acme)) == 2
    assert services.retire_service_tokens(until) == 1
    assert services.retire_service_tokens(until) == 0
    assert second not in tokens(acme)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.actor_kind) == ("service_token.expired", "system")
    assert event.before == {"product_id": acme.product.pk, "digest": second.digest}


def test_no_event_tells_a_token(acme: Provider) -> None:
    token = services.create_service_token(acme.product, by=BY)
    services.delete_service_token(token, by=BY)
    for event in events_of(acme.tenant):
        assert token.value not in f"{event.before} {event.after}"


def test_a_product_keeps_a_token(acme: Provider) -> None:
    [first] = tokens(acme)
    with pytest.raises(ValidationError, match="The last service token cannot be deleted"):
        services.delete_service_token(first, by=BY)
    second = services.renew_service_token(first, by=BY, keep_until=soon())
    with pytest.raises(ValidationError, match="The last service token cannot be deleted"):
        services.delete_service_token(second, by=BY)
    services.delete_service_token(first, by=BY)
    assert tokens(acme) == [second]


def test_what_cannot_be_renewed_is_refused(acme: Provider) -> None:
    [first] = tokens(acme)
    past = datetime.fromtimestamp(clock.now(), UTC)
    with pytest.raises(ValidationError) as failed:
        services.renew_service_token(first, by=BY, keep_until=past)
    assert failed.value.message_dict == {"keep_until": ["must be in the future"]}
    services.renew_service_token(tokens(acme)[0], by=BY, keep_until=soon())
    with pytest.raises(ValidationError, match="has been renewed already"):
        services.renew_service_token(first, by=BY, keep_until=soon())


def test_tokens_are_counted(acme: Provider) -> None:
    for _ in range(services.TOKENS_MAX - 1):
        services.create_service_token(acme.product, by=BY)
    with pytest.raises(ValidationError, match="limit of 10"):
        services.create_service_token(acme.product, by=BY)
    with pytest.raises(ValidationError, match="limit of 10"):
        services.renew_service_token(tokens(acme)[0], by=BY, keep_until=soon())
    services.renew_service_token(tokens(acme)[0], by=BY)
