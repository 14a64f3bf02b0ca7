"""Features, of a product or of account plans: which a plan has; making and deleting one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans.forms import FeatureForm, feature_values
from tollway.portal.console.plans.kinds import Kind, owner_of, plan_or_404, show_of
from tollway.portal.console.saving import save
from tollway.portal.plans import selectors
from tollway.portal.plans.models import AccountPlan, Feature
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    delete_feature,
    remove_feature,
    update_feature,
)
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell


def address(kind: Kind, plan: AnyPlan) -> str:
    return f"{kind.url(plan)}?tab=features"


def features_for(plan: AnyPlan) -> QuerySet[Feature]:
    """Return the features that the plan, and others of its kind beside it, can have."""
    product = None if isinstance(plan, AccountPlan) else plan.product
    return selectors.features_of(plan.tenant, product).filter(scope=plan.kind)


def feature_or_404(plan: AnyPlan, feature_id: int) -> Feature:
    feature = features_for(plan).filter(pk=feature_id).first()
    if feature is None:
        raise Http404
    return feature


@once
def new(request: HttpRequest, kind: Kind, plan_id: int) -> HttpResponse:
    """Make a feature, and put it into the plan from which this was asked for."""
    plan = plan_or_404(request, kind, plan_id)
    form = FeatureForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, kind, plan, form)
    feature, by = None, actor_of(request)
    if form.is_valid():
        feature = form.attempt(
            lambda: create_feature(owner_of(plan), by=by, scope=plan.kind, **form.cleaned_data)
        )
    if feature is None:
        return _form(request, kind, plan, form, status=422)
    add_feature(plan, feature, by=by)
    tell(request, f"{feature.name} is in {plan.terms.name}", "Other plans can have it too.")
    return HttpResponseRedirect(address(kind, plan))


def edit(request: HttpRequest, kind: Kind, plan_id: int, feature_id: int) -> HttpResponse:
    plan = plan_or_404(request, kind, plan_id)
    feature = feature_or_404(plan, feature_id)
    if request.method != "POST":
        return _form(request, kind, plan, FeatureForm(initial=feature_values(feature)), feature)
    form = FeatureForm(request.POST)
    outcome = save(
        request,
        form,
        feature,
        lambda: update_feature(feature, by=actor_of(request), **form.cleaned_data),
        values=feature_values,
    )
    if not outcome.saved:
        feature = feature_or_404(plan, feature_id)
        return _form(request, kind, plan, form, feature, status=outcome.status, clash=outcome.clash)
    tell(request, f"{feature.name} is saved")
    return HttpResponseRedirect(address(kind, plan))


@require_POST
def turn(request: HttpRequest, kind: Kind, plan_id: int, feature_id: int) -> HttpResponse:
    """Put a feature into a plan, or take it out: ``on`` is "1" or ""."""
    plan = plan_or_404(request, kind, plan_id)
    feature = feature_or_404(plan, feature_id)
    on = bool(request.POST.get("on"))
    (add_feature if on else remove_feature)(plan, feature, by=actor_of(request))
    text = f"{feature.name} is {'in' if on else 'out of'} {plan.terms.name}"
    tell(request, text, undo=request.path, on="" if on else "1")
    return HttpResponseRedirect(address(kind, plan))


@require_POST
def delete(request: HttpRequest, kind: Kind, plan_id: int, feature_id: int) -> HttpResponse:
    plan = plan_or_404(request, kind, plan_id)
    feature = features_for(plan).filter(pk=feature_id).first()
    if feature is not None:  # else it is gone already, as was wanted
        delete_feature(feature, by=actor_of(request))
        tell(request, f"{feature.name} is deleted", "No plan has it any more.")
    return HttpResponseRedirect(address(kind, plan))


def _form(
    request: HttpRequest,
    kind: Kind,
    plan: AnyPlan,
    form: FeatureForm,
    feature: Feature | None = None,
    **answer: Any,  # noqa: ANN401  (status and clash)
) -> HttpResponse:
    status = answer.pop("status", 200)
    context = {"plan": plan, "form": form, "feature": feature, **answer}
    template = "console/plans/feature.html"
    return show_of(request, kind, owner_of(plan), template, context, status=status)
