"""What can be done to plans of every kind: of accounts, of products, of applications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from django.db import transaction
from django.db.models import QuerySet

from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import (
    BASE,
    NAME_LENGTH_MAX,
    change,
    fill,
    lock,
    refuse,
    system_name,
    unused,
)
from tollway.portal.plans import selectors
from tollway.portal.plans.models import (
    TERMS,
    AccountPlan,
    ApplicationPlan,
    PlanMetric,
    PricingRule,
    ServicePlan,
    UsageLimit,
)
from tollway.portal.plans.services.log import AnyPlan, append, described
from tollway.portal.tenants.models import Tenant

P = TypeVar("P", bound=AnyPlan)

_COPY = " (copy)"
_USERS = {
    AccountPlan.kind: "accounts",
    ServicePlan.kind: "subscriptions",
    ApplicationPlan.kind: "applications",
}


def create_account_plan(
    tenant: Tenant,
    *,
    by: Actor,
    published: bool = False,
    **fields: Any,  # noqa: ANN401
) -> AccountPlan:
    """Make a plan, hidden unless ``published``.

    ``fields``: name, and optionally system_name (fixed from then on) and any of ``TERMS``.
    """
    return _create(AccountPlan, tenant, by=by, published=published, fields=fields)


def create_service_plan(
    product: Product,
    *,
    by: Actor,
    published: bool = False,
    **fields: Any,  # noqa: ANN401
) -> ServicePlan:
    """Make a plan on which accounts can subscribe to the product, as ``create_account_plan``."""
    return _create(ServicePlan, product, by=by, published=published, fields=fields)


def create_application_plan(
    product: Product,
    *,
    by: Actor,
    published: bool = False,
    **fields: Any,  # noqa: ANN401
) -> ApplicationPlan:
    """Make a plan for applications of the product, as ``create_account_plan``."""
    return _create(ApplicationPlan, product, by=by, published=published, fields=fields)


@transaction.atomic
def _create(
    kind: type[P], owner: Tenant | Product, *, by: Actor, published: bool, fields: dict[str, Any]
) -> P:
    plan = make_plan(kind, owner, fields, published=published)
    append(plan, "created", by=by, after=described(plan))
    return plan


def make_plan(
    kind: type[P], owner: Tenant | Product, fields: dict[str, Any], *, published: bool = False
) -> P:
    """Save a plan, without an event."""
    lock(owner)
    others = _of(kind, owner)
    if not fields.get("system_name"):
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "plan")
    tenant = owner if isinstance(owner, Tenant) else owner.tenant
    plan = cast("P", kind(**{"tenant": tenant, **_whose(owner)}))
    plan.state = kind.State.PUBLISHED if published else kind.State.HIDDEN
    plan.position = others.count() + 1
    fill(plan, fields, (*TERMS, "system_name"))
    plan.save()
    return plan


def _of(kind: type[P], owner: Tenant | Product) -> QuerySet[Any]:
    return kind.objects.filter(**_whose(owner))


def _whose(owner: Tenant | Product) -> dict[str, Tenant | Product]:
    return {"product": owner} if isinstance(owner, Product) else {"tenant": owner}


def _owner(plan: AnyPlan) -> Tenant | Product:
    return plan.tenant if isinstance(plan, AccountPlan) else plan.product


@transaction.atomic
def update_plan(plan: AnyPlan, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``TERMS``, and, with ``published``, whether developers may choose it.

    In a custom plan, what it is told to be as it is already goes on following its parent.
    """
    lock(plan)
    published = changes.pop("published", None)
    if published is not None:
        changes["state"] = plan.State.PUBLISHED if published else plan.State.HIDDEN
    if isinstance(plan, ApplicationPlan) and plan.is_custom:
        terms = plan.terms
        changes = {n: v for n, v in changes.items() if v != getattr(terms, n, None)}
    before, after = change(plan, changes, (*TERMS, "state"))
    if after:
        append(plan, "updated", by=by, before=before, after=after)


@transaction.atomic
def copy_plan(plan: P, *, by: Actor) -> P:
    """Make a hidden plan "NAME (copy)" that sets the same, also what a custom plan inherits."""
    owner = _owner(plan)
    lock(owner)
    kind, terms = type(plan), plan.terms
    room = NAME_LENGTH_MAX - len(_COPY) - len(" 1000")
    used = set(_of(kind, owner).values_list("name", flat=True))
    name = unused(f"{terms.name[:room]}{_COPY}", " ", used)
    copy = make_plan(kind, owner, {term: getattr(terms, term) for term in TERMS} | {"name": name})
    for feature in selectors.plan_features_of(plan.tenant, plan):
        copy.featurings.create(tenant=plan.tenant, feature=feature)
    if isinstance(plan, ApplicationPlan) and isinstance(copy, ApplicationPlan):
        _copy_conditions(plan, copy)
    append(copy, "created", by=by, after={**described(copy), "copy_of": plan.pk})
    return copy


def _copy_conditions(plan: ApplicationPlan, copy: ApplicationPlan) -> None:
    tenant = plan.tenant
    copy_rows(copy, selectors.limits_of(tenant, plan), ("period", "value"))
    copy_rows(copy, selectors.pricing_rules_of(tenant, plan), ("min", "max", "cost_per_unit"))
    PlanMetric.objects.bulk_create(
        PlanMetric(
            tenant=tenant, plan=copy, metric_id=metric, visible=visible, limits_only_text=only_text
        )
        for metric, (visible, only_text) in selectors.shown_metrics_of(tenant, plan).items()
    )


def copy_rows(
    plan: ApplicationPlan, rows: Iterable[UsageLimit | PricingRule], names: tuple[str, ...]
) -> None:
    """Save the same limits or prices in another plan."""
    for row in rows:
        values = {name: getattr(row, name) for name in names}
        type(row).objects.create(tenant=plan.tenant, plan=plan, metric_id=row.metric_id, **values)


@transaction.atomic
def set_default_plan(
    owner: Tenant | Product,
    plan: AnyPlan | None,
    *,
    by: Actor,
    kind: type[AnyPlan] = ApplicationPlan,
) -> None:
    """Make ``plan`` the one that sign-ups and automatic applications get; None: none of ``kind``.

    ``owner`` is the product or, for account plans, the tenant.
    """
    kind = kind if plan is None else type(plan)
    lock(owner)
    plans = _of(kind, owner)
    if plan is not None and not plans.filter(pk=plan.pk).exists():
        raise refuse("plan_id", "must belong to the product")
    if isinstance(plan, ApplicationPlan) and plan.is_custom:
        raise refuse("plan_id", "must not be a custom plan")
    old = plans.filter(is_default=True).first()
    subject = plan or old
    if subject is None or old == plan:
        return
    plans.filter(is_default=True).update(is_default=False)
    if plan is not None:
        plan.is_default = True
        plan.save(update_fields=["is_default", "updated_at"])
    before = {"default_plan_id": old.pk if old else None}
    after = {"default_plan_id": plan.pk if plan else None}
    append(subject, "default_changed", by=by, before=before, after=after)


@transaction.atomic
def delete_plan(plan: AnyPlan, *, by: Actor) -> None:
    """Remove a plan with all that it sets. Refused while it, or a plan made of it, is in use."""
    lock(plan)
    if isinstance(plan, ApplicationPlan):
        in_use = plan.applications.exists() or plan.custom_plans.exists()
    else:
        in_use = plan.contracts.exists()
    if in_use:
        raise refuse(BASE, f"It has {_USERS[plan.kind]}")
    tenant, pk, kind, before = plan.tenant, plan.pk, plan.kind, described(plan)
    plan.delete()
    events.append(tenant, f"{kind}.deleted", pk, by=by, before=before)
