"""Three tenants ask about one another: nobody is admitted to what is not theirs."""

from __future__ import annotations

import asyncio

import pytest

from authority.published import KEYRING, publish
from authority.xml_vectors import STATE
from tollway.authority import answers
from tollway.authority.admission import APP_ID_CHARS_MAX, Admission
from tollway.authority.answers import Rejected
from tollway.authority.cases import ProductCase
from tollway.authority.request import Caller, ProviderKey, Report, ServiceToken
from tollway.store.memory import MemoryStore
from tollway.store.snapshot import Application, Product

OWNERS = {service["id"]: service["owner"] for service in STATE["services"]}
TOKENS = {service["id"]: service.get("tokens", []) for service in STATE["services"]}


def admitted(caller: Caller, service_id: str | None) -> str | Rejected:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    found = asyncio.run(Admission(store).service(Report(caller, service_id)))
    return found.id if isinstance(found, ProductCase) else found


@pytest.mark.parametrize("service_id", OWNERS)
@pytest.mark.parametrize("key", STATE["providers"])
def test_a_provider_key_opens_the_providers_services(key: str, service_id: str) -> None:
    owns = STATE["providers"][key]["id"] == OWNERS[service_id]
    for named in (service_id, f"prefix-{service_id}"):
        seen = admitted(ProviderKey(key), named)
        assert seen == service_id if owns else isinstance(seen, Rejected)


@pytest.mark.parametrize("service_id", OWNERS)
@pytest.mark.parametrize("token", ["tok", "tok4", "tok6", "no"])
def test_a_token_opens_the_one_service_it_was_made_for(token: str, service_id: str) -> None:
    seen = admitted(ServiceToken(token, service_id), service_id)
    assert seen == service_id if token in TOKENS[service_id] else isinstance(seen, Rejected)


@pytest.mark.parametrize(("chars", "found"), [(APP_ID_CHARS_MAX, True), (10_000, False)])
def test_an_id_longer_than_any_is_not_looked_up(chars: int, found: bool) -> None:  # noqa: FBT001
    store, id_ = MemoryStore(KEYRING), "a" * chars
    store.put_application(Application("1", id_, "active", "", ""))
    store.put_product(Product("1", "acme", "2"))
    seen = asyncio.run(
        Admission(store).application(ProductCase(Product("1", "acme", "2")), id_, None)
    )
    assert isinstance(seen, Application) if found else seen == answers.application_not_found(id_)
