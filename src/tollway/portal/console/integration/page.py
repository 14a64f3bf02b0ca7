"""The configuration page: route of a call, set up and test, versions and what differs, promote.

A POST to the page is its button: it saves, deploys to staging, waits until gateways serve that, and
calls. The result is kept, and shown by the page that the answer leads to.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.catalog import services
from tollway.portal.catalog.differences import (
    credentials_in_words,
    mode_in_words,
    policies_of,
)
from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.integration import outcomes
from tollway.portal.console.integration.example import Example, caller_of, example_of
from tollway.portal.console.integration.setting_up import (
    Setup,
    SetUpForm,
    echo_url,
    others_of,
    save,
    setup_of,
)
from tollway.portal.console.integration.versions import Versions, author_of, gate_of, versions_of
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.tryout import reports
from tollway.portal.tryout import selectors as tryouts
from tollway.portal.tryout import services as tryout
from tollway.portal.tryout.models import Tryout
from tollway.portal.tryout.reports import Report
from tollway.portal.web.toasts import tell

PAGE = "integration"
UPDATED = "Staging Configuration Updated"


class Result(Struct, frozen=True):
    """The last test call, as the page shows it. Not ``is_current``: staging has moved on."""

    tryout: Tryout
    by: str
    report: Report
    words: outcomes.Words
    counted: list[outcomes.Counted]
    is_current: bool


def index(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    if not product.has_gateway:
        return _without_gateway(request, product)
    setup = setup_of(product)
    if request.method == "POST":
        return _update_and_test(request, setup)
    use = {"api_backend": echo_url()} if request.GET.get("use") == "echo" else {}
    return _page(request, setup, SetUpForm(setup=setup, initial=use))


@require_safe
def old_address(request: HttpRequest, product_id: int) -> HttpResponse:
    """Lead from where 3scale had the page."""
    product = product_or_404(request, product_id)
    return HttpResponseRedirect(address_of(product))


def address_of(product: Product) -> str:
    return reverse(PAGE, kwargs={"product_id": product.pk})


def _update_and_test(request: HttpRequest, setup: Setup) -> HttpResponse:
    form = SetUpForm(request.POST, setup=setup)
    if not form.is_valid():
        return _page(request, setup, form, status=422)
    saved = save(request, form, setup)
    if saved.clash is not None:
        return _page(request, setup_of(setup.product), form, status=409, clash=saved.clash)
    if form.errors:
        return _page(request, setup, form, status=422)
    if saved.is_new:
        tell(request, UPDATED)
    untested = try_it(request, setup.product, form.cleaned_data.get("access_token", ""))
    if untested:
        tell(request, "Not tested", untested)
    return HttpResponseRedirect(f"{address_of(setup.product)}#result")


def try_it(request: HttpRequest, product: Product, token: str = "") -> str:
    """Make the test call, and keep its report; return why there was none, "" if there was."""
    setup = setup_of(product)
    try:
        tryout.try_staging(product, caller_of(product, setup.proxy, token), by=actor_of(request))
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


def _page(
    request: HttpRequest,
    setup: Setup,
    form: SetUpForm,
    *,
    status: int = 200,
    **more: Any,  # noqa: ANN401
) -> HttpResponse:
    product, proxy = setup.product, setup.proxy
    versions = versions_of(product, proxy)
    staging = versions.staging
    path = str(form["api_test_path"].value() or "/")
    context = {
        "product": product,
        "setup": setup,
        "others": others_of(setup, sight_of(request)),
        "form": form,
        "versions": versions,
        "gate": gate_of(product, proxy, staging.version) if staging else None,
        "result": result_of(product, staging.version if staging else 0),
        "example": _example(request, setup, path),
        "facts": _facts(product, versions),
        **more,
    }
    if "clash" in more:  # sending the form once more means it
        again = {
            "lock_version": proxy.lock_version,
            "seen_backend": setup.values.get("api_backend"),
        }
        context["form"] = SetUpForm(request.POST.dict() | again, setup=setup)
    section = product_section(request, product, PAGE)
    return show(request, "console/integration/index.html", section, context, status=status)


def result_of(product: Product, version: int) -> Result | None:
    last = tryouts.last_tryout_of(product.tenant, product)
    if last is None:
        return None
    report = reports.decode(last.report)
    return Result(
        tryout=last,
        by=author_of(last),
        report=report,
        words=outcomes.words_of(product, report),
        counted=outcomes.counted_by(product, report),
        is_current=last.version == version,
    )


def _example(request: HttpRequest, setup: Setup, path: str) -> Example:
    path = path if path.startswith("/") else f"/{path}"
    keys = sight_of(request).audience
    return example_of(setup.product, setup.proxy, path, with_keys=keys)


def _facts(product: Product, versions: Versions) -> dict[str, Any]:
    """Say what else a version holds, with where it is changed."""
    now = versions.now
    proxy = now["proxy"]
    kinds = ("auth_missing", "no_match", "limits_exceeded")
    return {
        "mode": mode_in_words(now),
        "credentials": credentials_in_words(now),
        "rules": len(proxy["proxy_rules"]),
        "policies": len(policies_of(now)),
        "statuses": sorted({proxy[f"error_status_{kind}"] for kind in kinds}),
        "rules_url": places.mapping_rules(product.pk),
        "settings_url": places.product_settings(product.pk),
        "backends_url": places.product_backends(product.pk),
        "analytics_url": f"{places.dashboard()}#traffic-title",
    }


@require_safe
def curl(request: HttpRequest, product_id: int) -> HttpResponse:
    """Answer the line for the path that is being typed."""
    product = product_or_404(request, product_id)
    if not product.has_gateway:
        raise Http404
    path = request.GET.get("api_test_path", "").replace("\0", "")[:255]
    context = {"example": _example(request, setup_of(product), path)}
    return render(request, "console/integration/curl.html", context)


# --- products that no gateway of ours serves ----------------------------------------------------


def _without_gateway(request: HttpRequest, product: Product) -> HttpResponse:
    """Show what there is for a service mesh or a plugin in code."""
    if request.method == "POST":
        raise Http404
    setup = setup_of(product)
    context: dict[str, Any] = {"product": product, "setup": setup}
    if product.in_service_mesh:
        versions = versions_of(product, setup.proxy)
        context |= {"versions": versions, "facts": _facts(product, versions)}
    context["settings_url"] = places.product_settings(product.pk)
    template = "mesh" if product.in_service_mesh else "plugin"
    section = product_section(request, product, PAGE)
    return show(request, f"console/integration/{template}.html", section, context)


@require_POST
def deploy(request: HttpRequest, product_id: int) -> HttpResponse:
    """Write the configuration of a product in a service mesh anew, where it is in force at once."""
    product = product_or_404(request, product_id)
    if not product.in_service_mesh:
        raise Http404
    try:
        services.deploy(product, by=actor_of(request))
    except ValidationError:
        tell(request, "Nothing was updated", "The product has no backend yet.")
    else:
        tell(request, "The configuration is updated")
    return HttpResponseRedirect(address_of(product))
