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
            event(
                "service_subscription.deleted",
                before={"applications": [{"product_id": 3, "application_id": "a", "plan_id": 5}]},
            ),
            Targets(named={(3, "a")}, left={(3, "a", 5)}),
        ),
        (event("service_subscription.created", after={"product_id": 3}), Targets()),
        (
            event(
                "application.plan_customized",
                before={"plan_id": 5},
                after={"plan_id": 6, "product_id": 3, "application_id": "a"},
            ),
            Targets(products={3}, named={(3, "a")}, left={(3, "a", 5)}),
        ),
        (event("feature.created", after={"product_id": 3}), Targets()),
        (event("pricing_rule.created", after={"product_id": 3}), Targets()),
        (event("service_plan.updated", after={"product_id": 3}), Targets()),
        (
            event("tenant.key_renewed", before={"provider_key_digests": ["aa"]}),
            Targets(tenants={1}, old_provider_keys={"aa"}),
        ),
        (event("tenant.updated", after={"org_name": "x"}), Targets(tenants={1})),
        (
            event("tenant.suspended", after={"state": "suspended"}),
            Targets(tenants={1}, applications_of_tenants={1}),
        ),
        (
            event("tenant.deleted", before={"products": [3], "provider_key_digests": ["aa"]}),
            Targets(tenants={1}, products={3}, old_provider_keys={"aa"}),
        ),
        (
            event("service_token.created", after={"product_id": 3, "digest": "aa"}),
            Targets(products={3}),
        ),
        (
            event(
                "service_token.renewed",
                before={"product_id": 3, "digest": "aa"},
                after={"product_id": 3, "digest": "bb"},
            ),
            Targets(products={3}, old_service_tokens={(3, "aa")}),
        ),
        (
            event("application.user_key_expired", after={"product_id": 3, "application_id": "a"}),
            Targets(named={(3, "a")}),
        ),
        (event("mapping_rule.created", after={"product_id": 3}), Targets()),
        (event("backend.updated"), Targets()),
        (event("access_token.created"), Targets()),
    ],
    ids=lambda value: value.kind if isinstance(value, Event) else "",
)
def test_an_event_touches(happened: Event, touched: Targets) -> None:
    assert targets_of([happened]) == touched
