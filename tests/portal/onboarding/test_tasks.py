"""The worker's part in the end of tenants."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.people import Provider
from tollway.portal.events.readers import Reader
from tollway.portal.onboarding.tasks import PERIOD_S, Deletions
from tollway.portal.tenants.models import Tenant


def test_a_step_deletes_what_is_due_and_waits_a_minute(acme: Provider, globex: Provider) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Tenant.objects.filter(pk=acme.tenant.pk).update(state="scheduled_for_deletion", deletion_at=at)
    reader: Reader = Deletions()
    assert reader.step() == PERIOD_S
    assert Tenant.objects.get(is_master=False) == globex.tenant
    assert reader.lag().entries == 0
    reader.close()
