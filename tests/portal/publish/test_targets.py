"""Every kind of event that a service writes is known to publishing, or passed over knowingly."""

from __future__ import annotations

import pytest

from tollway.portal.events.models import Event
from tollway.portal.publish.targets import Targets, targets_of


def event(kind: str, object_id: int = 1, **details: dict[str, object]) -> Event:
    object_kind = kind.partition(".")[0]
    return Event(
        tenant_id=9, kind=kind, object_kind=object_kind, object_id=str(object_id), **details
    )


@pytest.mark.parametrize(
    ("happened", "touched"),
    [
        (event("product.created"), Targets(products={1}, tenants={9})),
        (
            event("product.updated", after={"backend_version": "2"}),
            Targets(products={1}, tenants={9}, applications_of_products={1}),
        ),
        (event("metric.created", after={"product_id": 3}), Targets(products={3})),
        (
            event("metric.deleted", before={"product_id": None, "backend_id": 4}),
            Targets(of_backends={4}),
        ),
        (event("limit.deleted", before={"product_id": 3}), Targets(products={3})),
        (event("application_plan.updated", after={"product_id": 3}), Targets(products={3})),
        (
            event("application_plan.updated", after={"product_id": 3, "name": "x"}),
            Targets(products={3}, applications_of_plans={1}),
        ),
        (event("proxy.deployed"), Targets(products={1}, configurations={1})),
        (
            event("application.deleted", before={"product_id": 3, "application_id": "a"}),
            Targets(named={(3, "a")}),
        ),
        (
            event(
                "account.deleted",
                before={"applications": [{"product_id": 3, "application_id": "a"}]},
            ),
            Targets(named={(3, "a")}, applications_of_accounts={1}),
        ),
        (
            event("tenant.key_renewed", before={"provider_key_digest": "aa"}),
            Targets(tenants={1}, applications_of_tenants={1}, old_provider_keys={"aa"}),
        ),
        (event("mapping_rule.created", after={"product_id": 3}), Targets()),
        (event("backend.updated"), Targets()),
        (event("access_token.created"), Targets()),
    ],
    ids=lambda value: value.kind if isinstance(value, Event) else "",
)
def test_an_event_touches(happened: Event, touched: Targets) -> None:
    assert targets_of([happened]) == touched
