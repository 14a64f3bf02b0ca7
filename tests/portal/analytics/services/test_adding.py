from __future__ import annotations

from portal.people import Provider
from tollway.portal.analytics.models import ResponseRow, UsageRow
from tollway.portal.analytics.services.adding import add_responses, add_usage
from tollway.portal.analytics.services.identities import Who


def test_differences_are_added_to_what_is_there(acme: Provider) -> None:
    who = Who(acme.tenant.pk, acme.product.pk, None, 0)
    other = Who(acme.tenant.pk, acme.product.pk, acme.account.pk, 7)
    add_usage([(who, 10, 900, 5), (other, 10, 900, 1), (who, 11, 900, 0)])
    add_usage([(who, 10, 900, -2), (who, 10, 1800, 4)])
    add_usage([])
    rows = UsageRow.objects.order_by("application_id", "quarter")
    assert list(rows.values_list("application_id", "metric_id", "quarter", "value")) == [
        (0, 10, 900, 3), (0, 10, 1800, 4), (7, 10, 900, 1),
    ]  # fmt: skip
    add_responses([(who, 200, 900, 1)])
    add_responses([(who, 200, 900, 2)])
    assert ResponseRow.objects.get().value == 3
