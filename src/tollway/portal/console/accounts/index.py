"""The list of accounts: by state, searched, and moved between states one by one or together."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import ACCOUNT_MOVES, change_account_state
from tollway.portal.applications import selectors as applications
from tollway.portal.console.accounts.finding import about, account_or_404
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import tell

SECTION = audience_section("accounts")
ROWS_MAX = 50  # as many as a page of the list has
TABS = (
    Tenant.State.PENDING,
    Tenant.State.APPROVED,
    Tenant.State.SUSPENDED,
    Tenant.State.REJECTED,
)
_REFUSED = "Its users cannot sign in, and its applications' calls are refused within a second."
SAID = {
    "make_pending": ("waits for approval", _REFUSED),
    "approve": ("is approved", "Its users can sign in."),
    "reject": ("is rejected", _REFUSED),
    "suspend": ("is suspended", _REFUSED),
    "resume": ("is approved again", "Its users can sign in."),
}
_SORTS: Mapping[str, str | Expression] = {
    "name": Lower("org_name"),
    "applications": "apps",
    "signed_up": "created_at",
}
BACK = {"suspend": "resume", "resume": "suspend"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    sight = sight_of(request)
    every = selectors.accounts_of(sight.tenant)
    state = request.GET.get("state", "")
    listing = listed(
        request,
        _described(sight, every.filter(state=state) if state in Tenant.State.values else every),
        sorts=_SORTS,
        default="-signed_up",
        search=lambda rows, text: about(sight, rows, text),
    )
    context = {"listing": listing, "tabs": _tabs(every, state)}
    return show(request, "console/accounts/index.html", SECTION, context)


def _described(sight: Sight, accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Add the plan, the first admin, and how many applications the user may see."""
    people = selectors.developers_of(sight.tenant).filter(account=OuterRef("pk"))
    admins = people.filter(role=User.Role.ADMIN).order_by("pk")
    seen = sight.within(applications.applications_of(sight.tenant), "product")
    counts = (
        seen.filter(account=OuterRef("pk"))
        .order_by()
        .values("account")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return accounts.annotate(
        plan=F("contract__plan__name"),
        admin=Coalesce(Subquery(admins.values("username")[:1]), Value("")),
        email=Coalesce(Subquery(admins.values("email")[:1]), Value("")),
        apps=Coalesce(Subquery(counts, output_field=IntegerField()), 0),
    )


def _tabs(accounts: QuerySet[Account], state: str) -> list[Tab]:
    counted = accounts.order_by().values_list("state").annotate(count=Count("pk"))
    counts: dict[str, int] = dict(counted)
    every = Tab("All", "?", state not in Tenant.State.values, sum(counts.values()))
    return [every, *(_tab(each, counts.get(each, 0), state) for each in TABS)]


def _tab(state: Tenant.State, count: int, chosen: str) -> Tab:
    waits = state == Tenant.State.PENDING and count > 0
    return Tab(state.label, f"?state={state.value}", chosen == state, count, waits)


@require_POST
def move(request: HttpRequest, account_id: int, event: str) -> HttpResponse:
    """Do one of ``ACCOUNT_MOVES`` to an account."""
    if event not in ACCOUNT_MOVES:
        raise Http404
    account = account_or_404(request, account_id)
    if not _moved(request, account, event):
        state = account.get_state_display().lower()
        tell(request, "Nothing was changed", f"{account.org_name} is {state} now.")
        return redirect(_next(request, account.pk))
    said, detail = SAID[event]
    undo = {}
    if event in BACK:
        undo = {"undo": reverse("account-state", args=[account.pk, BACK[event]])}
    tell(request, f"{account.org_name} {said}", detail, **undo)
    return redirect(_next(request, account.pk))


@require_POST
def move_many(request: HttpRequest, event: str) -> HttpResponse:
    """Do it to each of the ticked accounts whose state allows it; say which stayed, and why."""
    if event not in ACCOUNT_MOVES:
        raise Http404
    sent = request.POST.getlist("rows")[:ROWS_MAX]
    ids = [chosen_id(pk) for pk in sent]
    accounts = list(selectors.accounts_of(sight_of(request).tenant).filter(pk__in=ids))
    stayed = [each for each in accounts if not _moved(request, each, event)]
    done = len(accounts) - len(stayed)
    text = f"{done:,} account{' was' if done == 1 else 's were'} changed"
    said = [f"{each.org_name} is {each.get_state_display().lower()}" for each in stayed[:5]]
    more = [f"{len(stayed) - 5:,} more"] if len(stayed) > 5 else []
    tell(request, text, f"Not changed: {', '.join([*said, *more])}." if stayed else "")
    return redirect(_next(request))


def _moved(request: HttpRequest, account: Account, event: str) -> bool:
    """Move an account if its state allows it. One that stands for a tenant is not moved here."""
    if account.provider_id is not None:
        return False
    try:
        change_account_state(account, event, by=actor_of(request))
    except ValidationError:
        return False
    return True


def _next(request: HttpRequest, pk: int | None = None) -> str:
    """Return the list that the button stands in, as it was, or else the account's page."""
    wanted, every = request.POST.get("next", ""), reverse("accounts")
    if wanted == every or wanted.startswith(f"{every}?"):
        return wanted
    return every if pk is None else reverse("account", args=[pk])
