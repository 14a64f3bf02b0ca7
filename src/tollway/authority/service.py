"""Decides whether a call may pass, and counts it: authorize and authrep without HTTP or XML.

A decision on a warm process is one call of the store's ``spend``. It carries the revision of the
application's record that was decided on; if that is not the current one, everything is looked up
and decided again. So a suspended application or a deleted key is refused at once, cached or not,
and a denial too is only given on the record in force.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from tollway import clock
from tollway.authority import answers, cases, validators
from tollway.authority.admission import Admission
from tollway.authority.answers import AppKeys, Denied, OAuthApplication, Rejected, Status
from tollway.authority.cases import Case, PlanCase, ProductCase
from tollway.authority.journal import Journal
from tollway.authority.request import Authorize
from tollway.core import limits
from tollway.core.limits import Before, Entry, Headroom
from tollway.store import Outcome, Spend, Store, StoreUnavailableError
from tollway.store.notes import RefusingLimit
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application

# Each attempt can only be spoiled by yet another change of the same application in between.
ATTEMPTS_MAX = 5


class Known(Struct, frozen=True):
    """What a decision rests on: records as this process knows them."""

    product: ProductCase
    application: Application
    plan: PlanCase


class Looked(Struct, frozen=True):
    """What the store answered: whether the entries were done, and the cells as they were before."""

    done: bool
    before: Before
    at: int


class Decisions:
    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        admission: Admission,
        journal: Journal,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._store = store
        self._journal = journal
        self._keyring = keyring
        self._admission = admission
        self._now = now

    async def authorize(self, ask: Authorize) -> Status | Rejected:
        """Decide, and for authrep count if, and only if, the answer is yes.

        Raises ``StoreUnavailableError``; nothing has been counted then, unless the connection to
        the store broke while it was counting.
        """
        for _ in range(ATTEMPTS_MAX):
            known = await self._known(ask)
            if isinstance(known, Rejected):
                return known
            answer = await self._attempt(ask, known)
            if answer is not None:
                return answer
        raise StoreUnavailableError("the application's record changes faster than it can be read")

    async def _known(self, ask: Authorize) -> Known | Rejected:
        found = self._admission.at_hand(ask)
        if found and found[0].has_plan(found[1].plan_id):
            return Known(*found, found[0].plan(found[1].plan_id))
        product = await self._admission.service(ask)
        if isinstance(product, Rejected):
            return product if product is not answers.END_USERS else await self._end_users(ask)
        application = await self._application(ask, product)
        if isinstance(application, Rejected):
            return self._journal.noted(product.id, application)
        product = await self._admission.with_plan(product, application.plan_id)
        return Known(product, application, product.plan(application.plan_id))

    async def _end_users(self, ask: Authorize) -> Rejected:
        """Refuse before the service is looked up, and look it up to keep that for its provider."""
        product = await self._admission.service(msgspec.structs.replace(ask, flaw=None))
        if isinstance(product, Rejected):
            return answers.END_USERS
        return self._journal.noted(product.id, answers.END_USERS)

    async def _application(self, ask: Authorize, product: ProductCase) -> Application | Rejected:
        if ask.oauth and ask.app_id is None:
            return answers.APP_ID_MISSING
        return await self._admission.application(product, ask.app_id, ask.user_key)

    async def _attempt(self, ask: Authorize, known: Known) -> Status | Rejected | None:
        """Decide on what is known; None if it turns out not to be current."""
        tree = known.product.tree
        if ask.options.no_body and ask.usage and (fault := cases.unknown_metric(tree, ask.usage)):
            return self._journal.noted(known.product.id, fault, known.application.id)
        denied = validators.denied(ask, known.product, known.application, self._keyring)
        if denied:
            return await self._deny(ask, known, denied)
        case = cases.case(
            known.product,
            known.plan,
            ask.usage,
            flat=ask.options.flat_usage,
            whole=not ask.options.no_body,
        )
        if isinstance(case, Rejected):
            return self._journal.noted(known.product.id, case, known.application.id)
        return await self._weigh(ask, known, case)

    async def _deny(self, ask: Authorize, known: Known, denied: Denied) -> Status | None:
        """Refuse for another reason than limits; the document still shows where these stand."""
        plan = known.plan
        entries = () if ask.options.no_body else limits.watching(plan.metrics)
        looked = await self._spend(known, entries)
        if looked is None:
            return None
        shown = () if ask.options.no_body else plan.limits
        reports = limits.reports(shown, looked.before, at=looked.at)
        return self._status(ask, known, reports=reports, denied=denied)

    async def _weigh(self, ask: Authorize, known: Known, case: Case) -> Status | None:
        """Check the limits, and count what is to be counted in the same breath."""
        counts = ask.counts and case.counts and case.sets_fit
        entries = case.adding if counts else case.looking
        looked = await self._spend(known, entries, code=ask.code, record=counts)
        if looked is None:
            return None
        allowed = looked.done and (
            counts or (case.sets_fit and limits.allow(case.checked, case.limits, looked.before))
        )
        counted = case.shown if counts and allowed else None
        reports = limits.reports(case.limits, looked.before, at=looked.at, counted=counted)
        headroom = None
        if ask.options.limit_headers:
            headroom = limits.headroom(reports, case.shown, at=looked.at, of=case.shown)
        if allowed:
            return self._status(ask, known, reports=reports, headroom=headroom, denied=None)
        answer = self._status(
            ask, known, reports=reports, headroom=headroom, denied=answers.LIMITS_EXCEEDED
        )
        refusing = _refusing(known, case, looked) if ask.options.explain else ()
        return msgspec.structs.replace(answer, refusing=refusing)

    async def _spend(
        self, known: Known, entries: Sequence[Entry], *, code: int = 0, record: bool = False
    ) -> Looked | None:
        at = self._now()
        spent = await self._store.spend(
            Spend(
                known.product.id,
                known.application.id,
                known.application.revision,
                entries,
                at,
                at,
                code,
                record,
            )
        )
        if spent.outcome is Outcome.STALE:
            return None
        before = {entry.metric: cell for entry, cell in zip(entries, spent.before, strict=True)}
        return Looked(spent.outcome is Outcome.DONE, before, at)

    def _status(
        self,
        ask: Authorize,
        known: Known,
        *,
        reports: Sequence[limits.Report],
        denied: Denied | None,
        headroom: Headroom | None = None,
    ) -> Status:
        name = known.plan.name or known.application.plan_name
        if ask.options.no_body:
            return Status(name, denied, headroom=headroom, caller=known.application.id)
        return Status(
            name,
            denied,
            known.plan.text,
            reports,
            headroom,
            self._oauth(ask, known.application) if ask.oauth else None,
            self._app_keys(known) if ask.options.list_app_keys else None,
            known.application.id,
        )

    def _oauth(self, ask: Authorize, application: Application) -> OAuthApplication:
        key = self._unsealed(application.keys[0].sealed) if application.keys else ""
        name = ask.redirect.name if ask.redirect else "redirect_url"
        return OAuthApplication(application.id, key, application.redirect_url, name)

    def _app_keys(self, known: Known) -> AppKeys:
        keys = [self._unsealed(key.sealed) for key in known.application.keys]
        return AppKeys(known.application.id, known.product.id, keys)

    def _unsealed(self, sealed: bytes) -> str:
        return self._keyring.unseal(sealed, "app_key").decode()


def _refusing(known: Known, case: Case, looked: Looked) -> list[RefusingLimit]:
    """Say which limits a call does not fit in, as they were before it."""
    found = limits.refusing(case.checked, case.limits, looked.before)
    return [
        RefusingLimit(
            known.product.tree.name_of(report.limit.metric),
            report.limit.period,
            report.used,
            report.limit.maximum,
            case.checked[report.limit.metric].value if case.checked else 0,
        )
        for report in limits.reports(found, looked.before, at=looked.at)
    ]
