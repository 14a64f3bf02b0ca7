"""The list of accounts: by state, plan and day, searched, and moved between states one by one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import ACCOUNT_MOVES, change_account_state
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.selectors import matching_accounts
from tollway.portal.console.accounts.filters import AccountFilters
from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.accounts.sheet import sheet_of
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.console.switches import ACCOUNT_PLANS, is_on
from tollway.portal.console.ticking import bar_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.listing import CSV, Listing, listed, text_of
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import tell

SECTION = audience_section("accounts")
STATE = "state"
PLAN = "accounts-plan"
KINDS = (
    "accounts-approve",
    "accounts-reject",
    "accounts-suspend",
    "accounts-resume",
    "accounts-make_pending",
    PLAN,
    "accounts-letter",
)
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
def index(request: HttpRequest) -> HttpResponseBase:
    sight = sight_of(request)
    filters = AccountFilters(request.GET, sight, with_state=False)
    chosen = request.GET.get(STATE, "")
    state = chosen if chosen in Tenant.State.values else None

    def narrowed(text: str | None, state: str | None = state) -> QuerySet[Account]:
        wanted = filters.wanted(state=state, text=text)
        return matching_accounts(sight.tenant, wanted, sight.allowed)

    if CSV in request.GET:
        found = narrowed(text_of(request.GET) or None)
        return sheet_of(sight.tenant, _described(sight, found))
    listing = listed(
        request,
        _described(sight, narrowed(None)),
        sorts=_SORTS,
        default="-signed_up",
        search=lambda _, text: _described(sight, narrowed(text)),
    )
    has_plans = is_on(sight.tenant, ACCOUNT_PLANS)
    context = {
        "listing": listing,
        "filters": filters,
        "tabs": _tabs(narrowed(None, None), listing, state),
        "bar": bar_of([kind for kind in KINDS if has_plans or kind != PLAN], listing),
        "has_plans": has_plans,
    }
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


def _tabs(accounts: QuerySet[Account], listing: Listing, state: str | None) -> list[Tab]:
    """Return a tab for each state; the other filters are kept in what they lead to."""
    counted = accounts.order_by().values_list("state").annotate(count=Count("pk"))
    counts: dict[str, int] = dict(counted)
    kept = [(name, value) for name, value in listing.filters if name != STATE]
    every = Tab("All", f"?{urlencode(kept)}", state is None, sum(counts.values()))
    return [every, *(_tab(each, counts.get(each, 0), state, kept) for each in TABS)]


def _tab(state: Tenant.State, count: int, chosen: str | None, kept: list[tuple[str, str]]) -> Tab:
    waits = state == Tenant.State.PENDING and count > 0
    address = f"?{urlencode([(STATE, state.value), *kept])}"
    return Tab(state.label, address, chosen == state, count, waits)


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


def _moved(request: HttpRequest, account: Account, event: str) -> bool:
    """Move an account if its state allows it. One that stands for a tenant is not moved here."""
    if account.provider_id is not None:
        return False
    try:
        change_account_state(account, event, by=actor_of(request))
    except ValidationError:
        return False
    return True


def _next(request: HttpRequest, pk: int) -> str:
    """Return the list that the button stands in, as it was, or else the account's page."""
    wanted, every = request.POST.get("next", ""), reverse("accounts")
    if wanted == every or wanted.startswith(f"{every}?"):
        return wanted
    return reverse("account", args=[pk])
