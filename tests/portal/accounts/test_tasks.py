"""The worker's part in reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.people import BY, Provider
from tollway.portal.accounts.models import TeamInvitation
from tollway.portal.accounts.services import invite_to_team
from tollway.portal.accounts.services.reminders import AFTER
from tollway.portal.accounts.tasks import PERIOD_S, Reminders
from tollway.portal.events.readers import Reader


@pytest.mark.django_db
def test_the_worker_looks_again_at_once_after_a_letter_and_else_in_ten_minutes(
    acme: Provider,
) -> None:
    reader: Reader = Reminders()
    assert reader.step() == PERIOD_S
    row = invite_to_team(acme.tenant, by=BY, email="ann@acme.example")
    sent_at = row.sent_at - AFTER - timedelta(seconds=1)
    TeamInvitation.objects.filter(pk=row.pk).update(sent_at=sent_at)
    assert [reader.step(), reader.step()] == [0, PERIOD_S]
    assert reader.lag().entries == 0
    reader.close()
