"""What an address says of the list of subscriptions."""

from __future__ import annotations

import pytest
from django.http import Http404

from portal.people import Provider
from portal.web.requests import get
from tollway.portal.console.contracts import filters, finding, index, page, routes
from tollway.portal.console.contracts.filters import SubscriptionFilters
from tollway.portal.console.sight import Sight
from tollway.portal.plans.selectors import SubscriptionFilter
from tollway.portal.plans.services import SUBSCRIPTION_MOVES

pytestmark = pytest.mark.django_db


def test_choices_become_a_filter_and_the_rest_is_as_if_it_were_not_there(acme: Provider) -> None:
    sight = Sight(acme.tenant, acme.admin, None)
    chosen = SubscriptionFilters({"state": "live", "product": str(acme.product.pk)}, sight)
    assert chosen.wanted(text="dev") == SubscriptionFilter(
        state="live", product_id=acme.product.pk, text="dev"
    )
    narrow = {"product": str(acme.product.pk), "type": "paid"}
    plan = SubscriptionFilters(narrow, sight).fields["plan"].choices[1][0]  # type: ignore[attr-defined]
    assert SubscriptionFilters({**narrow, "plan": plan}, sight).wanted() == SubscriptionFilter(
        product_id=acme.product.pk, plan_id=int(plan), plan_type="paid"
    )
    assert "plan" not in SubscriptionFilters({}, sight).fields, "before there is a product"
    nonsense = SubscriptionFilters({"state": "x", "plan": "999"}, sight, acme.product.pk)
    assert nonsense.wanted() == SubscriptionFilter(product_id=acme.product.pk)
    assert not nonsense.is_valid()


def test_products_that_are_kept_from_a_member_are_no_choice(acme: Provider) -> None:
    blind = Sight(acme.tenant, acme.admin, frozenset())
    assert SubscriptionFilters({}, blind).fields["product"].choices == [  # type: ignore[attr-defined]
        (filters.ANY, "Any product")
    ]


def test_what_a_user_may_not_see_is_not_found(acme: Provider) -> None:
    request = get(acme)
    request.tollway_user = acme.admin  # type: ignore[attr-defined]
    [plan] = finding.service_plans_for(request)
    [subscription] = finding.subscriptions_for(request)
    assert (plan.product, subscription.plan) == (acme.product, plan)
    acme.admin.role, acme.admin.allowed_service_ids = "member", []
    assert not finding.service_plans_for(request)
    with pytest.raises(Http404):
        finding.subscription_or_404(request, subscription.pk)


def test_every_move_says_what_it_does() -> None:
    assert set(page.SAID) == set(page.DONE) == set(SUBSCRIPTION_MOVES)
    assert {route.name for route in routes.routes} >= {index.LIST, "subscription"}
