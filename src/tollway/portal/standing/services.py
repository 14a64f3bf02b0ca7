"""Clearing what the store keeps for people who look for a fault."""

from __future__ import annotations

from contextlib import closing

from django.conf import settings
from django.db import transaction

from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.store.notebook import Notebook
from tollway.store.notes import List


def purge_integration_errors(product: Product, *, by: Actor) -> None:
    """Forget a product's integration errors. Raises ``StoreUnavailableError``; then nothing is."""
    with closing(Notebook.connect(settings.TOLLWAY.valkey_url)) as book:
        book.clear(List.ERRORS, str(product.pk))
    with transaction.atomic():
        after = {"product_id": product.pk, "name": product.name}
        events.append(product.tenant, "integration_errors.purged", product.pk, by=by, after=after)
