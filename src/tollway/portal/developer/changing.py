"""Another plan, whoever has it: choosing, being told what it means, and doing it or asking for it.

Applications (``moving.py``), subscriptions and accounts go the same way. What developers may do is
a rule of five words (``PlanChange``). Credit cards are not taken yet: what needs one is said, and
cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.core.money import money
from tollway.portal.developer.frame import show
from tollway.portal.developer.offers import Offer, Way, monthly
from tollway.portal.plans.models import Terms
from tollway.portal.tenants.models import PlanChange
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

CHANGE, ASK, CARD = "change", "ask", "card"
# What a rule lets developers do; nothing for the rest.
MAY: Mapping[str, str] = {
    PlanChange.DIRECT: CHANGE,
    PlanChange.REQUEST: ASK,
    PlanChange.REQUEST_CREDIT_CARD: ASK,
    PlanChange.CREDIT_CARD: CARD,
}
AT_ONCE = "Another plan holds at once."


class Holder(Struct, frozen=True):
    """What has a plan: an application, a subscription, an account.

    ``plan``: the plan's name; ``home``: the address of its page, ``item`` in the navigation;
    ``may``: one of "change", "ask", "card", "" for nothing; ``holds``: a sentence that says from
    when another plan holds; ``contact``: whom to ask for what one may not do.
    """

    name: str
    plan: str
    plan_id: int
    home: str
    item: str
    may: str
    holds: str
    contact: str


class Difference(Struct, frozen=True):
    """What the two plans do not agree on. ``used``: "" where nothing is counted or known.

    ``refuses``: calls are refused at once, for more has been used than the new plan allows.
    """

    name: str
    now: str
    then: str
    used: str = ""
    refuses: bool = False


class Move(Struct, frozen=True):
    """``counts``: whether some of what differs is counted."""

    plan_id: int
    plan: str
    differences: tuple[Difference, ...]
    counts: bool
    drops_own: bool


def asked_plan(request: HttpRequest) -> int | None:
    """Return the id of the plan that the address or the form names; None where it names none."""
    sent = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" and "plan" not in sent:
        return None
    return chosen_id(sent.get("plan", ""))


def choose(request: HttpRequest, holder: Holder, offer: Offer, *, asked: str) -> HttpResponse:
    """Show the plans side by side. ``asked``: the one that was asked for already, "" for none."""
    ways = tuple(_way(holder, column.id, column.name) for column in offer.columns)
    context = {
        "holder": holder,
        "offer": offer if offer.columns else None,
        "ways": ways,
        "asked": asked,
    }
    return show(request, "choose_plan", context, item=holder.item)


def _way(holder: Holder, plan_id: int, name: str) -> Way:
    if plan_id == holder.plan_id:
        return Way("Your plan")
    if holder.may == CHANGE:
        return Way(f"Change to {name}", f"?plan={plan_id}")
    return Way(f"Ask for {name}", f"?plan={plan_id}") if holder.may == ASK else Way("")


def confirm(request: HttpRequest, holder: Holder, move: Move) -> HttpResponse:
    """Show what becomes different, with a button that does it or asks for it."""
    return show(request, "change_plan", {"holder": holder, "move": move}, item=holder.item)


def settle(
    request: HttpRequest,
    holder: Holder,
    plan: str,
    *,
    change: Callable[[], object],
    ask: Callable[[], bool],
) -> HttpResponse:
    """Do what the rule allows, and lead to the holder's page, which says what came of it."""
    provider = site_of(request).tenant.org_name
    try:
        if holder.may == CHANGE:
            change()
            tell(request, f"{holder.name} is on {plan}", holder.holds)
        elif holder.may != ASK:
            raise Http404
        elif ask():
            tell(request, f"You asked for {plan}", f"{provider} is written to, and answers you.")
        else:
            tell(request, f"You have asked for {plan} already", f"{provider} knows.")
    except ValidationError as refusal:
        tell(request, "Nothing was changed", ". ".join(refusal.messages))
    return redirect(holder.home)


def term_differences(now: Terms, then: Terms, currency: str) -> list[Difference]:
    pairs = [("A month", monthly(now, currency), monthly(then, currency))]
    if now.setup_fee != then.setup_fee:
        fees = (money(currency, now.setup_fee), money(currency, then.setup_fee))
        pairs.append(("Setup fee, once", *fees))
    if now.cancellation_period != then.cancellation_period:
        was, comes = now.cancellation_period, then.cancellation_period
        pairs.append(("Notice", f"{was:,} days", f"{comes:,} days"))
    return [Difference(*pair) for pair in pairs]


def feature_differences(had: Sequence[str], has: Sequence[str]) -> list[Difference]:
    """Compare features by their names."""
    return [
        Difference(name, "Yes" if name in had else "No", "Yes" if name in has else "No")
        for name in sorted({*had} ^ {*has})
    ]
