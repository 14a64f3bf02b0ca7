"""Usage limits of standard plans. Those of custom plans: ``test_custom``."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_metric
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import UsageLimit
from tollway.portal.plans.services.limits import (
    create_limit,
    delete_limit,
    update_limit,
)


def test_a_limit_may_be_on_a_metric_of_the_product_or_of_its_backends(
    acme: Provider, globex: Provider
) -> None:
    of_backend = hits_of(acme.tenant, acme.backend)
    for metric in (acme.hits, of_backend):
        create_limit(acme.plan, metric, by=BY, period="day", value=0)
    found = selectors.limits_of(acme.tenant, acme.plan)
    assert [limit.metric for limit in found] == [acme.hits, of_backend]
    assert selectors.limits_of(acme.tenant, acme.plan, of_backend).get().metric == of_backend
    foreign = create_metric(acme.another_product(), by=BY, friendly_name="M", unit="1")
    for metric in (foreign, globex.hits):
        with pytest.raises(ValidationError, match="must belong to the product"):
            create_limit(acme.plan, metric, by=BY, period="hour", value=0)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"period": "hour", "value": 4}, {"period": ["has already been taken"]}),
        ({"period": "fortnight", "value": 4}, {"period": ["is not included in the list"]}),
        ({"period": "day"}, {"value": ["can't be blank"]}),
        ({"period": "day", "value": -1}, {"value": ["must be greater than or equal to 0"]}),
        ({"period": "day", "value": "many"}, {"value": ["is not a number"]}),
        (
            {"period": "day", "value": 2**53},
            {"value": [f"must be less than or equal to {2**53 - 1}"]},
        ),
    ],
)
def test_a_limit_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    with pytest.raises(ValidationError) as failed:
        create_limit(acme.plan, acme.hits, by=BY, **fields)
    assert failed.value.message_dict == errors
    assert UsageLimit.objects.count() == 1


def test_a_limit_changes_and_goes(acme: Provider) -> None:
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    update_limit(acme.plan, limit, by=BY, value="5", period="day")
    limit.refresh_from_db()
    assert (limit.value, limit.period) == (5, "day")
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    with pytest.raises(ValidationError) as failed:
        update_limit(acme.plan, limit, by=BY, period="hour")
    assert failed.value.message_dict == {"period": ["has already been taken"]}
    limit.refresh_from_db()
    delete_limit(acme.plan, limit, by=BY)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.before["value"]) == ("limit.deleted", 5)
