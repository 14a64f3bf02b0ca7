"""Sign-up, which makes an account with its first contracts and applications; and their end."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.signup import expect, make_account
from tollway.portal.accounts.single_use import write_activation
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.applications import make_application
from tollway.portal.applications.services.log import identity
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BLANK, lock, refuse
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import (
    AccountPlan,
    ApplicationPlan,
    ServicePlan,
    ServiceSubscription,
)
from tollway.portal.plans.services import (
    drop_custom_plans,
    make_account_contract,
    make_subscription,
)
from tollway.portal.plans.services.contracts import described
from tollway.portal.tenants.models import Tenant


class ChosenPlans(Struct, frozen=True):
    """What whoever signs up has chosen; None stands for the defaults."""

    account: AccountPlan | None = None
    service: ServicePlan | None = None
    application: ApplicationPlan | None = None


class SignUp(Struct, frozen=True):
    """What a sign-up made. ``applications``: one for each plan asked for, or default plan."""

    account: Account
    user: User
    applications: tuple[Application, ...]


@transaction.atomic
def sign_up(
    tenant: Tenant,
    *,
    by: Actor,
    chosen: ChosenPlans | None = None,
    with_applications: bool = True,
    confirmed: bool = True,
    **fields: Any,  # noqa: ANN401
) -> SignUp:
    """Make a developer account with its admin user, its contracts, and applications "API signup".

    The account is subscribed to the product of the service plan, or to each product that has a
    default one. An application is made on the application plan, and waits with a subscription that
    does; or on the default plan of each of these products where one may be made at once.
    ``fields``: org_name, username, and optionally every other field of accounts and users.

    The user is active or, unless ``confirmed`` (that the address is theirs), pending and written
    to; the account is approved unless its plan asks for approval. Without a plan for the account,
    chosen or default, the sign-up is refused.
    """
    expect(fields)
    chosen = chosen or ChosenPlans()
    account_plan = chosen.account or plans.default_account_plan_of(tenant)
    if account_plan is None:
        raise refuse("account_plan_id", BLANK)
    made = make_account(tenant, fields)
    account = made.account
    if not confirmed:
        _ask_to_confirm(made.user)
    if account_plan.approval_required:
        account.state = Account.State.PENDING
        account.save(update_fields=["state"])
    make_account_contract(account, account_plan)
    services = [chosen.service] if chosen.service else plans.default_service_plans_of(tenant)
    subscriptions = [make_subscription(account, plan) for plan in services]
    first = _first_plans(tenant, chosen, subscriptions) if with_applications else []
    applications = tuple(_first_application(account, plan) for plan in first)
    after = {
        "org_name": account.org_name,
        "state": account.state,
        "user_id": made.user.pk,
        "account_plan_id": account_plan.pk,
        "service_plan_ids": [each.plan_id for each in subscriptions],
        "applications": [identity(each) for each in applications],
    }
    events.append(tenant, "account.created", account.pk, by=by, after=after)
    return SignUp(account, made.user, applications)


def _ask_to_confirm(user: User) -> None:
    user.state = User.State.PENDING
    user.save(update_fields=["state"])
    write_activation(user)


def _first_application(account: Account, plan: ApplicationPlan) -> Application:
    about = {"name": "API signup", "description": "API signup"}
    return make_application(account, plan, about, may_wait=True)


def _first_plans(
    tenant: Tenant, chosen: ChosenPlans, subscriptions: list[ServiceSubscription]
) -> list[ApplicationPlan]:
    if chosen.application is not None:
        return [chosen.application]
    live = {each.product_id for each in subscriptions if each.state == each.State.LIVE}
    several = None if tenant.settings.multiple_applications else 1
    return list(plans.default_plans_of(tenant).filter(product__in=live)[:several])


@transaction.atomic
def delete_account(account: Account, *, by: Actor) -> None:
    """Remove a developer account with its users, contracts and applications."""
    lock(account)
    tenant, pk = account.tenant, account.pk
    before: dict[str, Any] = {"org_name": account.org_name}
    before |= _delete(selectors.applications_of(tenant, account))
    account.delete()
    events.append(tenant, "account.deleted", pk, by=by, before=before)


@transaction.atomic
def unsubscribe(subscription: ServiceSubscription, *, by: Actor) -> None:
    """End an account's subscription to a product, and remove its applications of that product."""
    lock(subscription)
    tenant, pk = subscription.tenant, subscription.pk
    applications = selectors.applications_of(tenant, subscription.account)
    before = {**described(subscription), "state": subscription.state}
    before |= _delete(applications.filter(product=subscription.product_id))
    subscription.delete()
    events.append(tenant, "service_subscription.deleted", pk, by=by, before=before)


def _delete(applications: QuerySet[Application]) -> dict[str, Any]:
    """Remove them with their custom plans; return what an event says of them."""
    rows = list(applications)
    applications.delete()
    drop_custom_plans(row.plan_id for row in rows)
    return {"applications": [{**identity(row), "plan_id": row.plan_id} for row in rows]}
