"""What was there before account and service plans gets the contracts that it would have now."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps

from portal.people import BY, Provider
from tollway.portal.plans.models import (
    AccountContract,
    AccountPlan,
    ServicePlan,
    ServiceSubscription,
)
from tollway.portal.plans.services import create_application_plan

MIGRATION = import_module("tollway.portal.plans.migrations.0003_default_plans")


def test_accounts_and_their_applications_are_put_on_default_plans(
    acme: Provider, globex: Provider
) -> None:
    unused = acme.another_product()
    create_application_plan(unused, by=BY, name="Free")
    acme.another_application()
    models = (AccountContract, ServiceSubscription, AccountPlan, ServicePlan)
    expected = [model.objects.count() for model in models]
    for model in models:
        model.objects.all().delete()
    MIGRATION.put_on_default_plans(apps, None)
    assert [model.objects.count() for model in models] == expected
    for provider in (acme, globex):
        plan = AccountContract.objects.get(account=provider.account).plan
        assert (plan.tenant, plan.name, plan.is_default) == (provider.tenant, "Default", True)
        subscription = ServiceSubscription.objects.get(account=provider.account)
        assert (subscription.plan.product, subscription.state) == (provider.product, "live")
        assert subscription.accepted_at
