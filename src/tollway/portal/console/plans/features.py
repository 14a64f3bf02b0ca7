"""The features of a product: which a plan has, and making, changing and deleting one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans.forms import FeatureForm, feature_values
from tollway.portal.console.plans.listing import LIST, plan_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.saving import save
from tollway.portal.console.shell import show
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, Feature
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    delete_feature,
    remove_feature,
    update_feature,
)
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell


def address(plan: ApplicationPlan) -> str:
    return f"{reverse('application-plan', args=(plan.pk,))}?tab=features"


def feature_or_404(plan: ApplicationPlan, feature_id: int) -> Feature:
    features = selectors.features_of(plan.tenant, plan.product)
    feature = features.filter(pk=feature_id, scope=plan.kind).first()
    if feature is None:
        raise Http404
    return feature


@once
def new(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Make a feature, and put it into the plan from which this was asked for."""
    plan = plan_or_404(request, plan_id)
    form = FeatureForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, plan, form)
    feature, by = None, actor_of(request)
    if form.is_valid():
        feature = form.attempt(
            lambda: create_feature(plan.product, by=by, scope=plan.kind, **form.cleaned_data)
        )
    if feature is None:
        return _form(request, plan, form, status=422)
    add_feature(plan, feature, by=by)
    tell(request, f"{feature.name} is in {plan.terms.name}", "Other plans can have it too.")
    return HttpResponseRedirect(address(plan))


def edit(request: HttpRequest, plan_id: int, feature_id: int) -> HttpResponse:
    plan = plan_or_404(request, plan_id)
    feature = feature_or_404(plan, feature_id)
    if request.method != "POST":
        return _form(request, plan, FeatureForm(initial=feature_values(feature)), feature)
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
        return _form(request, plan, form, feature, status=outcome.status, clash=outcome.clash)
    tell(request, f"{feature.name} is saved")
    return HttpResponseRedirect(address(plan))


@require_POST
def turn(request: HttpRequest, plan_id: int, feature_id: int) -> HttpResponse:
    """Put a feature into a plan, or take it out: ``on`` is "1" or ""."""
    plan = plan_or_404(request, plan_id)
    feature = feature_or_404(plan, feature_id)
    on = bool(request.POST.get("on"))
    (add_feature if on else remove_feature)(plan, feature, by=actor_of(request))
    text = f"{feature.name} is {'in' if on else 'out of'} {plan.terms.name}"
    tell(request, text, undo=request.path, on="" if on else "1")
    return HttpResponseRedirect(address(plan))


@require_POST
def delete(request: HttpRequest, plan_id: int, feature_id: int) -> HttpResponse:
    plan = plan_or_404(request, plan_id)
    features = selectors.features_of(plan.tenant, plan.product)
    feature = features.filter(pk=feature_id, scope=plan.kind).first()
    if feature is not None:  # else it is gone already, as was wanted
        delete_feature(feature, by=actor_of(request))
        tell(request, f"{feature.name} is deleted", "No plan has it any more.")
    return HttpResponseRedirect(address(plan))


def _form(
    request: HttpRequest,
    plan: ApplicationPlan,
    form: FeatureForm,
    feature: Feature | None = None,
    *,
    status: int = 200,
    clash: object = None,
) -> HttpResponse:
    context = {"plan": plan, "form": form, "feature": feature, "clash": clash}
    section = product_section(request, plan.product, LIST)
    return show(request, "console/plans/feature.html", section, context, status=status)
