"""A product's change, with what it asks of the product's applications."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from tollway.portal.applications import selectors
from tollway.portal.applications.models import ApplicationKey
from tollway.portal.applications.services.credentials import demands_a_key, make_first_keys
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import change_product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor


@transaction.atomic
def update_product(
    product: Product,
    *,
    by: Actor,
    **changes: Any,  # noqa: ANN401
) -> selectors.ModeChange | None:
    """Change any of ``catalog``'s ``PRODUCT_FIELDS``, or the state by a ``state_event``.

    With another ``backend_version``, applications get the credentials that the new mode asks for
    and they lack. Returns, and the event says, which of theirs open nothing any more; None if the
    mode stays. ``selectors.mode_change`` says the same beforehand.
    """
    mode = changes.get("backend_version", product.backend_version)
    effect = selectors.mode_change(product.tenant, product, str(mode))
    before, after = change_product(product, changes)
    if not after:
        return None
    if "backend_version" not in after:
        effect = None
    if effect is not None:
        _complete(product)
        after = {
            **after,
            "unusable_credentials": list(effect.unusable),
            "applications": effect.applications,
        }
    events.append(product.tenant, "product.updated", product.pk, by=by, before=before, after=after)
    return effect


def _complete(product: Product) -> None:
    """Give a key to each application that must have one and has none."""
    if demands_a_key(product):
        applications = selectors.applications_of(product.tenant).filter(product=product)
        keys = ApplicationKey.objects.filter(application=OuterRef("pk"), expires_at__isnull=True)
        make_first_keys(applications.filter(~Exists(keys)))
