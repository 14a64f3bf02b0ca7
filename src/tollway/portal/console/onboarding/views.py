"""The pages of the wizard. Each may be reloaded, gone back to, and left; what is made is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.catalog import endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.console import places
from tollway.portal.console.integration.page import result_of, try_it
from tollway.portal.console.integration.setting_up import echo_url
from tollway.portal.console.onboarding import steps
from tollway.portal.console.onboarding.forms import (
    NEW,
    BackendForm,
    ConnectForm,
    ProductForm,
    RequestForm,
    RetryForm,
)
from tollway.portal.console.onboarding.steps import Step
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.index import may_create
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.onboarding import selectors
from tollway.portal.onboarding import wizard as wizardry
from tollway.portal.onboarding.models import Wizard
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.calls import first_application
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

OFFERED_MAX = 20  # products to choose from
HERE = Section("dashboard")
TAKEN = "The wizard is taken"

View = Callable[[HttpRequest, Wizard], HttpResponse]


def step(which: Step) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Let a view be entered when its step has what it builds on; else lead to where that is."""

    def at(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def entered(request: HttpRequest) -> HttpResponse:
            tenant = _tenant(request)
            wizard = selectors.wizard_of(tenant)
            if wizard.product is not None and not sight_of(request).shows(wizard.product.pk):
                tell(request, TAKEN, "It is setting up a product that you may not see.")
                return redirect("dashboard")
            reached = steps.step_of(tenant, wizard)
            if wizard.state == Wizard.State.COMPLETED and wizard.product and wizard.backend:
                reached = steps.OUTRO
            if not steps.may_enter(which, reached):
                return redirect(reached.page)
            return view(request, wizard)

        return entered

    return at


def _tenant(request: HttpRequest) -> Tenant:
    return site_of(request).tenant


def _show(
    request: HttpRequest,
    which: Step,
    template: str,
    *,
    status: int = 200,
    **context: Any,  # noqa: ANN401
) -> HttpResponse:
    shown = {"steps": steps.SHOWN, "current": which, **context}
    return show(request, f"console/onboarding/{template}.html", HERE, shown, status=status)


@require_safe
def resume(request: HttpRequest) -> HttpResponse:
    """Lead to the step that the tenant is at."""
    tenant = _tenant(request)
    return redirect(steps.step_of(tenant, selectors.wizard_of(tenant)).page)


@require_safe
def intro(request: HttpRequest) -> HttpResponse:
    return _show(request, steps.INTRO, "intro", next=steps.EXPLAIN.url)


@require_safe
def explain(request: HttpRequest) -> HttpResponse:
    return _show(request, steps.EXPLAIN, "explain", next=steps.BACKEND.url)


@once
@step(steps.BACKEND)
def backend(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    known = wizard.backend
    initial = {"name": known.name, "private_endpoint": known.private_endpoint} if known else {}
    if request.GET.get("use") == "echo":
        initial = {"name": "Echo API", "private_endpoint": echo_url()}
    form = BackendForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        by, tenant = actor_of(request), _tenant(request)
        if form.attempt(lambda: wizardry.add_backend(tenant, by=by, **form.cleaned_data)):
            return redirect(steps.PRODUCT.page)
    return _show(request, steps.BACKEND, "backend", status=_status(form), form=form)


@once
@step(steps.PRODUCT)
def product(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    offered = list(sight_of(request).products()[:OFFERED_MAX])
    first = wizard.product or (offered[0] if offered else None)
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        initial={"product": str(first.pk) if first else NEW},
        offered=offered,
        may_create=may_create(request),
    )
    if request.method == "POST" and form.is_valid() and _take_product(request, form):
        return redirect(steps.CONNECT.page)
    return _show(request, steps.PRODUCT, "product", status=_status(form), form=form)


def _take_product(request: HttpRequest, form: ProductForm) -> Wizard | None:
    given, by = form.cleaned_data, actor_of(request)
    if given["product"] != NEW:
        chosen = product_or_404(request, int(given["product"]))
        return wizardry.choose_product(chosen, by=by)
    name = given["name"].strip()
    return form.attempt(lambda: wizardry.design_product(_tenant(request), by=by, name=name))


@step(steps.CONNECT)
def connect(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    tenant, by = _tenant(request), actor_of(request)
    usage = selectors.connection_of(tenant, wizard)
    initial = {"path": usage.path if usage else "/"}
    form = ConnectForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        path = form.cleaned_data["path"]
        if form.attempt(lambda: wizardry.connect(tenant, by=by, path=path)):
            return redirect(steps.REQUEST.page)
    others = catalog.backend_usages_of(tenant, wizard.product) if wizard.product else []
    context = {"form": form, "wizard": wizard, "usages": others}
    return _show(request, steps.CONNECT, "connect", status=_status(form), **context)


@step(steps.REQUEST)
def request_new(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    form = RequestForm(
        request.POST if request.method == "POST" else None, initial=_request(request, wizard)
    )
    return _send(request, wizard, form, "request")


@step(steps.REQUEST)
def request_edit(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    """Show why the test call failed, and change what it takes."""
    form = RetryForm(
        request.POST if request.method == "POST" else None, initial=_request(request, wizard)
    )
    return _send(request, wizard, form, "retry")


def _request(request: HttpRequest, wizard: Wizard) -> dict[str, str]:
    """Return what the test call's form begins with: a path below which the backend answers."""
    tenant = _tenant(request)
    usage = selectors.connection_of(tenant, wizard)
    if usage is None:
        return {}
    path = catalog.proxy_of(tenant, usage.product).api_test_path or "/"
    below = path if path.startswith(usage.path.rstrip("/") + "/") else f"{usage.path.rstrip('/')}/"
    return {"api_test_path": below, "private_endpoint": usage.backend.private_endpoint}


def _send(request: HttpRequest, wizard: Wizard, form: RequestForm, template: str) -> HttpResponse:
    tenant, by = _tenant(request), actor_of(request)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        called = form.attempt(lambda: wizardry.set_up_request(tenant, by=by, **given))
        if called is not None:
            untested = try_it(request, called)
            if untested:
                tell(request, "Not tested", untested)
            return redirect(_led_to(request, wizard))
    context = {"form": form, "wizard": wizard, **_tested(request, wizard)}
    return _show(request, steps.REQUEST, template, status=_status(form), **context)


def _tested(request: HttpRequest, wizard: Wizard) -> dict[str, Any]:
    """Return the last test call of the product, and who would make the next one."""
    if wizard.product is None:
        return {}
    tenant = _tenant(request)
    config = catalog.config_in_force(tenant, wizard.product, "sandbox")
    return {
        "result": result_of(wizard.product, config.version if config else 0),
        "application": first_application(wizard.product),
        "endpoint": endpoints.staging_endpoint(catalog.proxy_of(tenant, wizard.product)),
        "analytics_url": f"{places.dashboard()}#traffic-title",
    }


def _led_to(request: HttpRequest, wizard: Wizard) -> str:
    result = _tested(request, wizard).get("result")
    passed = result is not None and result.is_current and result.report.passed
    return "wizard-request-show" if passed else "wizard-request-edit"


@require_safe
@step(steps.REQUEST)
def request_show(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    """Congratulate on a call that came through; lead back to one that did not."""
    tested = _tested(request, wizard)
    result = tested.get("result")
    if result is None:
        return redirect(steps.REQUEST.page)
    if not result.report.passed:
        return redirect("wizard-request-edit")
    return _show(request, steps.REQUEST, "congratulations", wizard=wizard, **tested)


@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    wizardry.end(_tenant(request), by=actor_of(request))
    return redirect(steps.OUTRO.page)


@require_safe
@step(steps.OUTRO)
def outro(request: HttpRequest, wizard: Wizard) -> HttpResponse:
    pk = wizard.product.pk if wizard.product else 0
    context: dict[str, Any] = {
        "product": wizard.product,
        "integration_url": places.integration(pk),
        "plans_url": places.application_plans(pk),
        "settings_url": places.product_settings(pk),
        "analytics_url": f"{places.dashboard()}#traffic-title",
        "overview_url": places.product(pk),
    }
    return _show(request, steps.OUTRO, "outro", **context)


@require_POST
def skip(request: HttpRequest) -> HttpResponse:
    wizardry.end(_tenant(request), by=actor_of(request), skipped=True)
    tell(request, "The wizard waits for you", "It goes on where you left it.")
    return HttpResponseRedirect(places.dashboard())


def _status(form: Any) -> int:  # noqa: ANN401
    return 422 if form.is_bound and form.errors else 200
