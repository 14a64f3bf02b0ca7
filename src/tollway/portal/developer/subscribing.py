"""Subscribing to an API: on which plan, what that means, and the terms that are agreed to."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollway.portal.catalog.models import Product
from tollway.portal.developer.agreeing import Agreement
from tollway.portal.developer.contracts import offer_of_terms, subscribable
from tollway.portal.developer.editing import is_too_often
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.developer.offers import Way, offered_service_plans_of
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.developer.subscriptions import ITEM, index, lines_of, mine_of, switched
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import subscribe
from tollway.portal.storefront.models import Terms
from tollway.portal.web.forms import PageForm, chosen_id
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


@switched
@once
def new(request: HttpRequest) -> HttpResponse:
    """Let a plan of the product be chosen, then say what it means; a POST subscribes."""
    sent = request.POST if request.method == "POST" else request.GET
    product, plan = _wanted(request, sent.get("service_id", ""), sent.get("service_plan_id", ""))
    if product is None:
        return index(request)
    if (already := mine_of(request).filter(product=product).first()) is not None:
        return redirect("developer-subscription", subscription_id=already.pk)
    tenant, account = site_of(request).tenant, developer_of(request).account
    if not subscribable(tenant, account).filter(pk=product.pk).exists():
        raise Http404
    if plan is None:
        return _choose(request, product)
    form = PageForm(request.POST if request.method == "POST" else None)
    agreement = Agreement(tenant, (Terms.Kind.SUBSCRIPTION,))
    agreement.join(form)
    made = _subscribe(request, plan, form, agreement) if form.is_bound else None
    if made is None:
        return _form(request, plan, form)
    if made.state == ServiceSubscription.State.PENDING:
        said = f"{tenant.org_name} looks at it, and writes to you."
        tell(request, f"You asked to subscribe to {product.name}", said)
    else:
        tell(request, f"You are subscribed to {product.name}")
    return redirect("developer-subscription", subscription_id=made.pk)


def _wanted(
    request: HttpRequest, service: str, service_plan: str
) -> tuple[Product | None, ServicePlan | None]:
    """Return what the address names: a plan and its product, or a product, whose plan may be clear.

    Raises ``Http404`` for what is not offered.
    """
    tenant = site_of(request).tenant
    plans = offered_service_plans_of(tenant)
    if service_plan:
        plan = plans.filter(pk=chosen_id(service_plan)).first()
        if plan is None:
            raise Http404
        return plan.product, plan
    if not service:
        return None, None
    few = list(plans.filter(product=chosen_id(service))[:2])
    if not few:
        raise Http404
    return few[0].product, few[0] if len(few) == 1 else None


def _choose(request: HttpRequest, product: Product) -> HttpResponse:
    tenant = site_of(request).tenant
    plans = list(offered_service_plans_of(tenant).filter(product=product))
    ways = tuple(
        Way(f"Choose {plan.name}", f"?service_plan_id={plan.pk}", first=at == 0)
        for at, plan in enumerate(plans)
    )
    context = {"offer": offer_of_terms(tenant, plans, product), "ways": ways}
    return show(request, "choose_service_plan", context, item=ITEM)


def _subscribe(
    request: HttpRequest, plan: ServicePlan, form: PageForm, agreement: Agreement
) -> ServiceSubscription | None:
    if not form.is_valid() or is_too_often(request, form):
        return None
    developer, by = developer_of(request), actor_of(request)

    @transaction.atomic
    def act() -> ServiceSubscription:
        made = subscribe(developer.account, plan, by=by)
        agreement.settle(developer.user, by=by)
        return made

    return form.attempt(act)


def _form(request: HttpRequest, plan: ServicePlan, form: PageForm) -> HttpResponse:
    offer = offer_of_terms(plan.tenant, [plan], plan.product)
    context = {
        "offer": offer,
        "column": offer.columns[0],
        "lines": lines_of(offer.columns[0], plan),
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
        "several": offered_service_plans_of(plan.tenant).filter(product=plan.product)[1:].exists(),
    }
    return show(request, "subscribe", context, item=ITEM, status=422 if form.is_bound else 200)
