"""The tester beside the rules: what one call would match, count, and meet in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.models import Application
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.documents import Document
from tollway.portal.catalog.models import Backend, Product, ProxyConfig
from tollway.portal.console.counting import trial
from tollway.portal.console.counting.effects import Effects, Verdict, effects, tree_of
from tollway.portal.console.counting.owners import Owner
from tollway.portal.console.counting.trial import Call, CallError, Trial
from tollway.portal.console.shell import show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ApplicationPlan

OFFERED_MAX = 20  # applications, and plans, to choose from
DRAFT = "draft"
_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION
PLACES = (
    (DRAFT, "As set now"),
    (_SANDBOX.value, "On staging"),
    (_PRODUCTION.value, "In production"),
)


class Caller(Struct, frozen=True):
    """Whose limits to look at: a plan's by itself, or those an application has left of its own."""

    key: str
    plan: ApplicationPlan
    application: Application | None = None

    @property
    def title(self) -> str:
        if self.application is None:
            return f"On plan {self.plan}"
        return f"{self.application.name} of {self.application.account}, on plan {self.plan}"


class Asked(Struct, frozen=True):
    """What the tester's fields hold, as typed."""

    method: str
    path: str
    where: str
    caller: str


class Result(Struct, frozen=True):
    """``error`` is about what was typed, ``absent`` that nothing is served there; else ``trial``.

    ``answer`` is the status and text of the gateway's refusal, if it refuses.
    """

    error: str = ""
    absent: bool = False
    trial: Trial | None = None
    caller: Caller | None = None
    effects: Effects | None = None
    answer: tuple[int, str] | None = None

    @property
    def verdict(self) -> Verdict | None:
        return self.effects.verdict if self.effects else None


@require_safe
def page(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Answer the tester's result: a part for htmx, else a page of its own."""
    found = {"owner": owner, **context(request, owner)}
    if request.headers.get("HX-Request"):
        return render(request, "console/counting/trial.html", found)
    return show(request, "console/counting/trial_page.html", owner.section(request, "rules"), found)


def context(request: HttpRequest, owner: Owner) -> dict[str, Any]:
    """Return the tester with its result, as its templates want it."""
    sight = sight_of(request)
    offered = callers(sight, owner.product) if owner.product else []
    asked = _asked(request, owner, offered)
    result = answer(owner, asked, _chosen(sight, owner, asked, offered))
    rule = {"method": asked.method, "pattern": result.trial.call.path if result.trial else ""}
    return {
        "asked": asked,
        "methods": trial.METHODS,
        "places": PLACES if owner.product else (),
        "callers": offered,
        "result": result,
        "try_url": owner.url("rules-try"),
        "add_url": f"{owner.url('rule-new')}?{urlencode(rule)}",
    }


def callers(sight: Sight, product: Product) -> list[Caller]:
    """Return whom to offer: the first live applications, for who may see them, then the plans."""
    live = _applications(sight, product).filter(state=Application.State.LIVE)
    apps = [Caller(f"app-{each.pk}", each.plan, each) for each in live[:OFFERED_MAX]]
    standard = plans.application_plans_of(product.tenant, product)[:OFFERED_MAX]
    return [*apps, *(Caller(f"plan-{plan.pk}", plan) for plan in standard)]


def _applications(sight: Sight, product: Product) -> QuerySet[Application]:
    found = applications.applications_of(sight.tenant).filter(product=product)
    return found if sight.audience else found.none()


def _asked(request: HttpRequest, owner: Owner, offered: list[Caller]) -> Asked:
    given = request.GET
    path = given.get("path")
    if path is None:
        path = _test_path(owner)
    return Asked(
        method=given.get("method") or "GET",
        path=path,
        where=given.get("where") or DRAFT,
        caller=given.get("as") or (offered[0].key if offered else ""),
    )


def _test_path(owner: Owner) -> str:
    if owner.product is None:
        return "/"
    return selectors.proxy_of(owner.tenant, owner.product).api_test_path or "/"


def _chosen(sight: Sight, owner: Owner, asked: Asked, offered: list[Caller]) -> Caller | None:
    """Return who is asked about; an application that was not offered is looked up."""
    known = next((caller for caller in offered if caller.key == asked.caller), None)
    kind, _, pk = asked.caller.partition("-")
    if known or owner.product is None or kind != "app" or not pk.isdecimal() or len(pk) > 18:
        return known
    found = _applications(sight, owner.product).filter(pk=pk).first()
    return Caller(asked.caller, found.plan, found) if found else None


def answer(owner: Owner, asked: Asked, caller: Caller | None) -> Result:
    """Match what was typed against the configuration that was chosen."""
    try:
        call = trial.read_call(asked.method, asked.path)
    except CallError as error:
        return Result(error=str(error))
    if isinstance(owner.row, Backend):
        rules = trial.rules_of_backend(owner.row)
        return Result(trial=trial.try_call(call, rules, tree_of(owner.row), trial.ALONE))
    document = document_of(owner.row, asked.where)
    if document is None:
        return Result(absent=True)
    return _answered(owner.row, call, document, caller)


def _answered(product: Product, call: Call, document: Document, caller: Caller | None) -> Result:
    tried = trial.try_call(call, trial.rules_of(document), tree_of(product), document)
    found = None
    if caller is not None and tried.matched:
        found = effects(caller.plan, tried.counts, caller.application, at=clock.now())
    kind = {None: "", Verdict.EXCEEDED: "limits_exceeded", Verdict.OFF: "auth_failed"}.get(
        found.verdict if found else None, ""
    )
    return Result(
        trial=tried,
        caller=caller,
        effects=found,
        answer=refusal(document["proxy"], kind if tried.matched else "no_match"),
    )


def refusal(proxy: Mapping[str, Any], kind: str) -> tuple[int, str] | None:
    """Return status and text of a kind of refusal, `no_match` and so on; None for ""."""
    return (proxy[f"error_status_{kind}"], proxy[f"error_{kind}"]) if kind else None


def document_of(product: Product, where: str) -> Document | None:
    """Return the configuration to look at; None where there is none."""
    if where not in {_SANDBOX, _PRODUCTION}:
        return documents.service_document(product)
    config = selectors.config_in_force(product.tenant, product, where)
    return documents.decode(config.content) if config else None
