"""What a gateway would do with a call, step by step. Nothing is sent and nothing counted.

Each step is the one that decides real calls: the gateways' matcher, the authority's rules for keys
and states (``core.admission``), and the plan's limits beside the store's counters.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tollway import clock
from tollway.core import admission, rules
from tollway.core.admission import Fault
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.models import Application
from tollway.portal.catalog.documents import Document
from tollway.portal.catalog.models import Product
from tollway.portal.console.counting import trial
from tollway.portal.console.counting.effects import Effects, Verdict, effects, tree_of
from tollway.portal.console.counting.trial import Call, Ruled, Trial
from tollway.portal.console.counting.trying import document_of, refusal
from tollway.portal.console.explain.reasons import Reason, reason_of
from tollway.portal.fields import keyring
from tollway.portal.publish.builders import build_applications
from tollway.store import snapshot

MISSED_MAX = 50  # rules that do not match, with why


class Asked(Struct, frozen=True):
    """A call and who makes it: credentials as they would be sent, or an application by itself.

    ``where`` says which configuration decides: as set now, on staging, in production.
    """

    call: Call
    where: str
    user_key: str = ""
    app_id: str = ""
    app_key: str = ""
    application: Application | None = None


class Missed(Struct, frozen=True):
    rule: Ruled
    why: str


class Explanation(Struct, frozen=True):
    """``absent``: nothing is served there. ``code`` "": the call passes.

    ``answer`` is the status and the text that the gateway would refuse with. ``application`` is
    whom the credentials belong to, None if the gateway did not come so far.
    """

    absent: bool = False
    trial: Trial | None = None
    missed: Sequence[Missed] = ()
    application: Application | None = None
    effects: Effects | None = None
    code: str = ""
    reason: Reason | None = None
    answer: tuple[int, str] | None = None


def explain(product: Product, asked: Asked) -> Explanation:
    """Say what a gateway would do with a call, in the order in which it does it."""
    document = document_of(product, asked.where)
    if document is None:
        return Explanation(absent=True)
    ruled = trial.rules_of(document)
    tried = trial.try_call(asked.call, ruled, tree_of(product), document)
    missed = missed_of(asked.call, ruled, tried)
    application, code = _caller(product, asked)
    early = _early(product, asked, tried, document)
    if early or code or application is None:
        return _refused(
            document, early or code, Explanation(trial=tried, missed=missed), application
        )
    found = effects(application.plan, tried.counts, application, at=clock.now())
    so_far = Explanation(trial=tried, missed=missed, effects=found)
    code = {Verdict.EXCEEDED: "limits_exceeded", Verdict.OFF: "metric_off"}.get(found.verdict, "")
    if not code and not tried.served:
        code = "no_backend"
    return _refused(document, code, so_far, application)


def _refused(
    document: Document, code: str, so_far: Explanation, application: Application | None
) -> Explanation:
    reason = reason_of(code) if code else None
    answer = refusal(document["proxy"], reason.kind) if reason and reason.kind else None
    if code == "no_backend":
        answer = (404, "")
    return Explanation(
        trial=so_far.trial,
        missed=so_far.missed,
        application=application,
        effects=so_far.effects,
        code=code,
        reason=reason,
        answer=answer,
    )


def _early(product: Product, asked: Asked, tried: Trial, document: Document) -> str:
    """Return why a gateway refuses without asking anybody, or "". A token is taken to be good."""
    by_token = product.wire_backend_version == admission.OAUTH
    if by_token and not document["proxy"]["oidc_issuer_endpoint"]:
        return "mode_not_served"
    if asked.application is None and not _given(product, asked):
        return "credentials_missing"
    if tried.ambiguous:
        return "path_ambiguous"
    return "" if tried.matched else "no_match"


def _given(product: Product, asked: Asked) -> bool:
    if product.wire_backend_version == admission.USER_KEY:
        return bool(asked.user_key)
    by_token = product.wire_backend_version == admission.OAUTH
    return bool(asked.app_id and (by_token or asked.app_key))


def _caller(product: Product, asked: Asked) -> tuple[Application | None, str]:
    """Find the application, and why its record lets no call pass ("" if it does)."""
    by_key = product.wire_backend_version == admission.USER_KEY
    found = asked.application
    if found is None:
        tenant, pk = product.tenant, product.pk
        find = (
            applications.application_by_user_key if by_key else applications.application_by_app_id
        )
        found = find(tenant, asked.user_key if by_key else asked.app_id, pk)
    if found is None:
        return None, "user_key_invalid" if by_key else "application_not_found"
    [record] = build_applications(Application.objects.filter(tenant=product.tenant, pk=found.pk))
    return found, _fault(product, asked, record)


def _fault(product: Product, asked: Asked, record: snapshot.Application) -> str:
    """Check a record in the authority's order. Of an application by itself, no key is asked.

    Nor is one with OpenID Connect: the token stands for it.
    """
    mode = product.wire_backend_version
    by_key = asked.application is None and mode != admission.OAUTH
    if by_key and admission.key_fault(
        mode,
        asked.app_key,
        [key.digest for key in record.keys],
        lambda key: keyring().digest("app_key", record.service_id, record.id, key),
    ):
        return "application_key_invalid"
    # A gateway sends no referrer, so whoever lists some is not let through.
    required = product.referrer_filters_required
    if admission.referrer_fault(required, None, record.referrer_filters) is Fault.MISSING:
        return "referrer_not_allowed"
    return "" if record.state == admission.ACTIVE else "application_not_active"


def missed_of(call: Call, ruled: Sequence[Ruled], tried: Trial) -> list[Missed]:
    """Say of the rules that did not match why, in their order; not of all if there are many."""
    matched = {id(hit.rule) for hit in tried.hits}
    others = [rule for rule in ruled if id(rule) not in matched]
    return [Missed(rule, _why(call, rule)) for rule in others[:MISSED_MAX]]


def _why(call: Call, rule: Ruled) -> str:
    if rule.method not in {call.method, rules.ANY}:
        return f"is for {rule.method}"
    bare = rules.Rule(rule.method, rule.pattern.partition("?")[0], rule.metric, rule.delta)
    if not rules.match(rules.compile_rules([bare]), call.method, call.path).places:
        return "the path does not fit"
    whole = rules.Rule(rule.method, rule.pattern, rule.metric, rule.delta, query=rule.query)
    found = rules.match(rules.compile_rules([whole]), call.method, call.path, query=call.query)
    if not found.places:
        return "the arguments do not fit"
    return "a rule before it ends the search"
