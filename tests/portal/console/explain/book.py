"""The store's lists, as the authority fills them, for pages that read them."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from django.conf import settings

from portal.people import Provider
from tollway import clock
from tollway.portal.fields import keyring
from tollway.store.notes import IntegrationError, List, Refusal, RefusingLimit
from tollway.store.valkey import ValkeyStore

ID = "0123456789abcdef" * 2


def at_store(valkey_url: str) -> Any:
    """Return the portal's settings with this store."""
    return msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)


def refusal(provider: Provider, **fields: Any) -> Refusal:
    told = {
        "id": ID,
        "at": clock.now(),
        "environment": "production",
        "method": "GET",
        "path": "/v1?page=…",
        "status": 429,
        "reason": "limits_exceeded",
        "rules": ("/v1",),
        "usage": {"hits": 1},
        "application": provider.application.application_id,
        "limits": (RefusingLimit("hits", "minute", 5, 5, 1),),
    }
    return Refusal(**{**told, **fields})


def note(url: str, provider: Provider, which: List, *lines: Refusal | IntegrationError) -> None:
    async def write() -> None:
        store = await ValkeyStore.connect(url, keyring())
        try:
            await store.note(which, str(provider.product.pk), lines)
        finally:
            await store.close()

    asyncio.run(write())
