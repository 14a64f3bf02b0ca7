"""The reader of bulk runs: it works while there is something to do, and tells what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.people import Provider
from tollway import clock
from tollway.portal.accounts.models import Account
from tollway.portal.applications.selectors import AccountFilter
from tollway.portal.bulk import tasks
from tollway.portal.bulk.kinds import Parameters
from tollway.portal.bulk.models import Run
from tollway.portal.bulk.services import start
from tollway.portal.events.actors import Actor
from tollway.portal.events.readers import NONE

pytestmark = pytest.mark.django_db


def test_a_reader_works_off_what_waits_and_then_rests(acme: Provider) -> None:
    reader = tasks.BulkRuns()
    assert reader.step() == tasks.POLL_S
    assert reader.lag() == NONE
    by = Actor("user", str(acme.admin.pk))
    what = AccountFilter(), Parameters()
    run = start(acme.tenant, "accounts-suspend", *what, user=acme.admin, by=by)
    Run.objects.filter(pk=run.pk).update(updated_at=clock.utc_now() - timedelta(seconds=90))
    assert (reader.lag().entries, reader.lag().seconds >= 90) == (1, True)
    assert reader.step() == tasks.PAUSE_S
    assert reader.step() == tasks.POLL_S
    assert Account.objects.get(pk=acme.account.pk).state == "suspended"
    reader.close()
