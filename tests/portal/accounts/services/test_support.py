"""Acting as a developer: whom support acts as, and that a token is spent once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.models import SupportVisit, User
from tollway.portal.accounts.services import create_user
from tollway.portal.accounts.services.support import act_as, begin_visit, end_visit
from tollway.portal.accounts.visits import represented_by, visit_by_id
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db


def test_support_acts_as_the_first_active_admin_or_else_as_the_first_active_user(
    acme: Provider,
) -> None:
    ann = create_user(acme.tenant, by=BY, account=acme.account, username="ann")
    assert represented_by(acme.account) == acme.developer
    User.objects.filter(pk=ann.pk).update(state=User.State.ACTIVE)
    User.objects.filter(pk=acme.developer.pk).update(role=User.Role.MEMBER)
    assert represented_by(acme.account) == acme.developer
    User.objects.filter(pk=ann.pk).update(role=User.Role.ADMIN)
    assert represented_by(acme.account) == ann
    User.objects.filter(account=acme.account).update(state=User.State.SUSPENDED)
    assert represented_by(acme.account) is None


def test_a_visit_goes_on_from_its_beginning_to_its_end(acme: Provider, globex: Provider) -> None:
    made = act_as(acme.account, acme.admin, by=BY)
    assert visit_by_id(acme.tenant, made.visit.pk) is None, "it has not begun"
    with pytest.raises(ValidationError, match="is invalid"):
        begin_visit(globex.tenant, made.token)
    visit = begin_visit(acme.tenant, made.token, request_id="request-1")
    with pytest.raises(ValidationError, match="is invalid"):
        begin_visit(acme.tenant, made.token)
    assert visit_by_id(acme.tenant, visit.pk) == visit
    assert visit_by_id(globex.tenant, visit.pk) is None
    end_visit(visit)
    end_visit(visit)
    assert visit_by_id(acme.tenant, visit.pk) is None
    kinds = list(Event.objects.filter(kind__contains="acting").values_list("kind", flat=True))
    assert kinds == ["account.acting_allowed", "account.acting_began", "account.acting_ended"]


def test_a_visit_whose_time_is_over_does_not_begin(acme: Provider) -> None:
    made = act_as(acme.account, acme.admin, by=BY)
    SupportVisit.objects.update(ends_at=clock.utc_now())
    with pytest.raises(ValidationError, match="too old"):
        begin_visit(acme.tenant, made.token)
