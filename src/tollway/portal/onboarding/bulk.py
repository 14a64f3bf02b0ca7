"""Accounts by the thousand, to see how a portal of that size does. For trials, not for real data.

Rows are written in bulk, past the services that would make them one by one. They are what sign-ups
would have left, and one event at the end has them published.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction

from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.credentials import make_first_keys, put_user_key
from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, refuse
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import AccountContract, ApplicationPlan, ServiceSubscription
from tollway.portal.tenants.models import Tenant

BATCH = 1000
_USERNAME = "trial-"


def fill(
    tenant: Tenant, count: int, *, by: Actor, told: Callable[[int], None] = lambda _made: None
) -> None:
    """Make ``count`` accounts, each with a user, an application on a default plan, and a key.

    A second run goes on where the first ended. ``told`` is called with how many there are after
    each batch. Raises ValidationError for a tenant without default plans.
    """
    plan = plans.default_plans_of(tenant).order_by("pk").first()
    if plan is None:
        raise refuse(BASE, "The tenant has no default application plan")
    start = User.objects.filter(tenant=tenant, username__startswith=_USERNAME).count()
    for first in range(start, start + count, BATCH):
        numbers = range(first, min(first + BATCH, start + count))
        with transaction.atomic():
            accounts = _accounts(tenant, numbers)
            _contracts(tenant, accounts, plan.product)
            _applications(accounts, plan)
        told(numbers.stop - start)
    with transaction.atomic():
        events.append(tenant, "tenant.filled", tenant.pk, by=by, after={"accounts": count})


def _accounts(tenant: Tenant, numbers: range) -> list[Account]:
    accounts = Account.objects.bulk_create(
        Account(tenant=tenant, org_name=f"Trial {number:06}") for number in numbers
    )
    User.objects.bulk_create(
        User(
            tenant=tenant,
            account=account,
            username=f"{_USERNAME}{number:06}",
            email=f"{_USERNAME}{number:06}@example.com",
            password=f"{UNUSABLE_PASSWORD_PREFIX}{secrets.token_hex(20)}",
            state=User.State.ACTIVE,
            role=User.Role.ADMIN,
        )
        for number, account in zip(numbers, accounts, strict=True)
    )
    return accounts


def _contracts(tenant: Tenant, accounts: list[Account], product: Product) -> None:
    if account_plan := plans.default_account_plan_of(tenant):
        AccountContract.objects.bulk_create(
            AccountContract(tenant=tenant, account=account, plan=account_plan)
            for account in accounts
        )
    service_plan = plans.default_service_plans_of(tenant).filter(product=product).first()
    if service_plan is None:
        raise refuse(BASE, f"The product {product} has no default service plan")
    ServiceSubscription.objects.bulk_create(
        ServiceSubscription(tenant=tenant, account=account, product=product, plan=service_plan)
        for account in accounts
    )


def _applications(accounts: list[Account], plan: ApplicationPlan) -> None:
    Application.objects.bulk_create(_application(account, plan) for account in accounts)
    make_first_keys(Application.objects.filter(account__in=accounts))


def _application(account: Account, plan: ApplicationPlan) -> Application:
    application = Application(
        tenant=account.tenant,
        account=account,
        product=plan.product,
        plan=plan,
        name=f"{account.org_name}'s application",
        application_id=secrets.token_hex(8),
    )
    put_user_key(application, "")
    return application
