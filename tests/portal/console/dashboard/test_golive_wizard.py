"""The dashboard offers the wizard while it helps."""

from __future__ import annotations

import pytest

from portal.people import Provider
from tollway.portal.console.dashboard.views import wizard_helps
from tollway.portal.console.sight import Sight
from tollway.portal.golive.models import Milestone
from tollway.portal.onboarding.models import Wizard

pytestmark = pytest.mark.django_db

TESTED = {Milestone.API_TESTED}
CASES = [
    ("initial", set(), True),
    ("initial", TESTED, False),
    ("started", TESTED, True),
    ("skipped", set(), True),
    ("skipped", TESTED, False),
    ("completed", set(), False),
]


@pytest.mark.parametrize(("state", "reached", "offered"), CASES)
def test_a_wizard_that_was_left_half_way_stays_at_hand(
    acme: Provider, state: str, reached: set[Milestone], *, offered: bool
) -> None:
    Wizard.objects.update_or_create(tenant=acme.tenant, defaults={"state": state})
    assert wizard_helps(Sight(acme.tenant, acme.admin, None), reached) is offered
