"""What ``cases.py`` prepares before it asks: steps that put things into a state, and their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from portal.api.owned import Owned
from portal.people import BY
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_permissions
from tollway.portal.accounts.signup import make_user
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import customize_plan
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.selectors import service_plans_of
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_service_plan,
)
from tollway.portal.tenants.models import Tenant

Body = Mapping[str, Any]
Step = Callable[[Owned], object]


def nothing(_own: Owned) -> object:
    """There is nothing to prepare."""
    return None


def says(**body: Any) -> Callable[[Owned], Body]:
    return lambda _own: body


def application_is(state: str) -> Step:
    return lambda own: Application.objects.filter(pk=own.provider.application.pk).update(
        state=state
    )


def account_is(state: str) -> Step:
    def step(own: Owned) -> None:
        own.provider.account.state = state
        own.provider.account.save(update_fields=["state"])

    return step


def users_are(state: str) -> Step:
    """Put those in the state whom the paths of users name."""
    return lambda own: _users(own).update(state=state)


def roles_are(role: str) -> Step:
    return lambda own: _users(own).update(role=role)


def _users(own: Owned) -> QuerySet[User]:
    return User.objects.filter(pk__in=[own.member.pk, own.provider.developer.pk])


def both(first: Step, second: Step) -> Step:
    return lambda own: (first(own), second(own))


def another_admin(own: Owned) -> None:
    make_user(own.provider.tenant, {"username": "another"}, account=own.provider.account)


def tenant_is(state: str) -> Step:
    return lambda own: Tenant.objects.filter(pk=own.provider.tenant.pk).update(state=state)


def no_applications(own: Owned) -> None:
    own.provider.account.applications.all().delete()


def no_usages(own: Owned) -> None:
    own.provider.product.backend_usages.all().delete()


def subscription_is(state: str) -> Step:
    return lambda own: own.provider.account.service_subscriptions.update(state=state)


def not_deployed(own: Owned) -> None:
    own.provider.product.proxy_configs.all().delete()


def without_features(kind: str) -> Step:
    return lambda own: own.plans[kind].featurings.all().delete()


def another_application_plan(own: Owned) -> Body:
    return {"plan_id": create_application_plan(own.provider.product, by=BY, name="Another").pk}


def customized(own: Owned) -> ApplicationPlan:
    return customize_plan(own.provider.application, by=BY)


def unused_account_plan(own: Owned) -> Body:
    return {"id": create_account_plan(own.provider.tenant, by=BY, name="Unused").pk}


def unused_service_plan(own: Owned) -> Body:
    return {"id": create_service_plan(own.provider.product, by=BY, name="Unused").pk}


def service_plan_of_another_product(own: Owned) -> int:
    return service_plans_of(own.provider.tenant, own.provider.another_product())[0].pk


def allowed(own: Owned) -> None:
    update_permissions(own.member, by=BY, allowed_sections=["monitoring"])


def mandatory(own: Owned) -> Body:
    fields = own.provider.tenant.fieldsdefinitions
    return {"id": fields.get(target="Account", name="org_name").pk}
