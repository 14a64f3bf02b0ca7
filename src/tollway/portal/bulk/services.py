"""Asking for a bulk run, doing the next batch of one, and calling one off."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Count, Max

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.bulk import selectors
from tollway.portal.bulk.kinds import (
    BACK,
    KINDS,
    Kind,
    Needs,
    Order,
    Parameters,
    Was,
    back_of,
    kind_of,
)
from tollway.portal.bulk.models import Change, Fault, Run
from tollway.portal.bulk.subjects import (
    Changed,
    Selection,
    Subject,
    name_of,
    rows_of,
    sealed,
    unsealed,
)
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.events.selectors import events_of, newest_position
from tollway.portal.fields import BASE, BLANK, NAME_LENGTH_MAX, lock, refuse
from tollway.portal.mail.letters import SUBJECT_LENGTH_MAX
from tollway.portal.tenants.models import Tenant

BATCH = 50  # rows in one transaction
BODY_LENGTH_MAX = 10_000
KEPT = timedelta(days=90)
SECTION = User.Section.PARTNERS  # what it takes to ask for a run, and to have it go on

# How a run ends: what the log calls it, and its state.
_ENDS = {
    "finished": Run.State.DONE,
    "cancelled": Run.State.CANCELLED,
    "stopped": Run.State.STOPPED,
}

_logger = logging.getLogger(__name__)


@transaction.atomic
def start(
    tenant: Tenant,
    kind: str,
    selection: Selection,
    parameters: Parameters,
    *,
    user: User,
    by: Actor,
) -> Run:
    """Ask for one of ``KINDS`` to be done to all that is selected now.

    Rows that are made later are left alone, also where a filter would let them through. Raises
    ``ValidationError`` where nothing is selected, or for parameters that the kind cannot use.
    """
    what = KINDS[kind]
    rows = rows_of(tenant, user, what.subject, selection)
    _check(tenant, user, what, parameters, rows)
    run = Run(tenant=tenant, kind=kind, parameters=msgspec.to_builtins(parameters), user=user)
    _begin(run, selection, rows, by=by)
    return run


@transaction.atomic
def put_back(run: Run, *, user: User, by: Actor) -> Run:
    """Ask for what a run has changed to be as it was before it; return the new run.

    Rows that somebody has changed since are left as they are, and told. Refused while the run is
    not over, and where there is no way back for any of its rows.
    """
    lock(run)
    kind = kind_of(run.kind)
    if run.is_running or kind is None or not ways_back(run):
        raise refuse(BASE, "It cannot be put back")
    selection = Changed(run.pk)
    rows = rows_of(run.tenant, user, kind.subject, selection)
    back = Run(tenant=run.tenant, kind=back_of(kind), user=user, undoes=run)
    _begin(back, selection, rows, by=by)
    return back


def _begin(run: Run, selection: Selection, rows: Any, *, by: Actor) -> None:  # noqa: ANN401
    found = rows.order_by().aggregate(last=Max("pk"), total=Count("pk"))
    if not found["total"]:
        raise refuse(BASE, "Nothing is selected any more")
    run.upper_id, run.total = found["last"], found["total"]
    run.selection_sealed, run.request_id = sealed(selection), by.request_id
    run.save()
    after = {"kind": run.kind, "total": run.total}
    events.append(run.tenant, "bulk_run.started", run.pk, by=by, after=after)


def ways_back(run: Run) -> int:
    """Return how many of the rows that a run has changed have a way back, by what it left."""
    kind = kind_of(run.kind)
    if kind is None or kind.aspect is None:
        return 0
    left = selectors.changes_of(run.tenant, run).order_by().values_list("before", "after")
    counts = {(before, after): n for before, after, n in left.annotate(Count("pk"))}
    return sum(counts[pair] for pair in kind.aspect.ways(run.tenant, set(counts)))


def _check(
    tenant: Tenant,
    user: User,
    kind: Kind,
    parameters: Parameters,
    rows: Any,  # noqa: ANN401
) -> None:
    if kind.needs is Needs.PLAN:
        plan = _plan(tenant, user, kind, parameters)
        if plan is None:
            raise refuse("plan", "This plan is gone. Choose another")
        if kind.subject is not Subject.ACCOUNTS and rows.exclude(product=plan.product_id).exists():
            raise refuse("plan", f"Choose {kind.subject.value} of the plan's product only")
    if kind.needs is Needs.LETTER:
        texts = {
            "subject": (parameters.subject, SUBJECT_LENGTH_MAX),
            "body": (parameters.body, BODY_LENGTH_MAX),
        }
        for name, (text, most) in texts.items():
            if not text.strip() or "\0" in text:
                raise refuse(name, BLANK)
            if len(text) > most:
                raise refuse(name, f"is too long (maximum is {most} characters)")


def _plan(tenant: Tenant, user: User, kind: Kind, parameters: Parameters) -> Any:  # noqa: ANN401
    plans = selectors.plans_for(tenant, kind.subject, user.allowed_products())
    return plans.filter(pk=parameters.plan_id).first()


@transaction.atomic
def cancel(run: Run, *, by: Actor) -> None:
    """Call a run off. What was done stays; a batch that is being done is finished first."""
    lock(run)
    if not run.is_running:
        raise refuse("state", f"is {run.get_state_display().lower()} already")
    _end(run, "cancelled", by=by)


@transaction.atomic
def step() -> bool:
    """Do the next batch of the run that has waited longest; say whether there was one.

    The rows, their faults and the cursor are one transaction: a worker that is killed has done a
    batch or has not, and the next one goes on there. Who asked has to be allowed to still.
    """
    run = selectors.next_run()
    if run is None:
        return False
    kind = kind_of(run.kind)
    hindrance = _hindrance(run) if kind else "This version does not know what was asked for."
    if kind is None or run.user is None or hindrance:
        _end(run, "stopped", by=SYSTEM, reason=hindrance)
    else:
        _batch(run, run.user, kind)
    return True


def _hindrance(run: Run) -> str:
    user = run.user
    if user is None or user.state != User.State.ACTIVE:
        return "The user who asked for it is gone or suspended."
    if not user.permitted(SECTION):
        return "The user who asked for it may not do it any more."
    if run.kind in BACK and run.undoes_id is None:
        return "What was to be put back is not kept any more."
    return "The organisation is suspended." if run.tenant.is_closed else ""


def _batch(run: Run, user: User, kind: Kind) -> None:
    parameters = msgspec.convert(run.parameters, Parameters)
    plan = _plan(run.tenant, user, kind, parameters) if kind.needs is Needs.PLAN else None
    if kind.needs is Needs.PLAN and plan is None:
        _end(run, "stopped", by=SYSTEM, reason="The plan is gone.")
        return
    by = Actor("user", str(user.pk), request_id=run.request_id)
    order = Order(parameters, plan, f"bulk {run.pk}", by)
    found = rows_of(run.tenant, user, kind.subject, unsealed(run.selection_sealed))
    found = found.filter(pk__gt=run.cursor, pk__lte=run.upper_id).order_by("pk")
    # All are locked before the first event: who appends one makes all others wait who would, and
    # one of these may have a later row.
    rows = list(found.select_for_update(of=("self",), no_key=True)[:BATCH])
    left = _left(run, kind, rows)
    before = _values(kind, rows)
    faults = {}
    for row in rows:
        own = msgspec.structs.replace(order, was=left.get(row.pk))
        if fault := _done(run, kind, row, own):
            faults[row.pk] = fault
    Fault.objects.bulk_create(faults.values())
    _remember(run, before, _values(kind, [row for row in rows if row.pk not in faults]))
    run.failed += len(faults)
    run.done += len(rows) - len(faults)
    if rows:
        run.cursor = rows[-1].pk
    run.save(update_fields=["failed", "done", "cursor", "updated_at"])
    if len(rows) < BATCH:
        _end(run, "finished", by=SYSTEM)


def _values(kind: Kind, rows: Sequence[Any]) -> dict[int, str]:
    """Return what the kind changes of these rows, as it is now."""
    return {} if kind.aspect is None else {row.pk: kind.aspect.read(row) for row in rows}


def _remember(run: Run, before: Mapping[int, str], after: Mapping[int, str]) -> None:
    newest = newest_position()
    Change.objects.bulk_create(
        Change(
            tenant=run.tenant, run=run, object_id=pk, before=before[pk], after=value,
            event_id=newest,
        )
        for pk, value in after.items()
        if before[pk] != value
    )  # fmt: skip


def _left(run: Run, kind: Kind, rows: Sequence[Any]) -> dict[int, Was]:
    """Return what the run that is to be put back has left of these rows."""
    if run.undoes is None or kind.aspect is None:
        return {}
    aspect, pks = kind.aspect, [row.pk for row in rows]
    changes = list(selectors.changes_of(run.tenant, run.undoes).filter(object_id__in=pks))
    later = events_of(run.tenant).filter(
        object_kind=aspect.object_kind,
        object_id__in=[str(each.object_id) for each in changes],
        before__has_key=aspect.field,
    )
    newest = {
        int(pk): last for pk, last in later.order_by().values_list("object_id").annotate(Max("id"))
    }
    return {
        each.object_id: Was(
            each.before, each.after, is_stale=newest.get(each.object_id, 0) > each.event_id
        )
        for each in changes
    }


def _done(run: Run, kind: Kind, row: Any, order: Order) -> Fault | None:  # noqa: ANN401
    """Do it to one row, all of it or nothing; return why not."""
    name, pk = name_of(kind.subject, row)[:NAME_LENGTH_MAX], row.pk
    try:
        with transaction.atomic():
            kind.act(row, order)
    except ValidationError as refusal:
        reason = _words(refusal, row)
    except DatabaseError as error:
        if not isinstance(error, IntegrityError):
            raise  # the whole batch is tried again
        reason = "Somebody else changed it at that moment."
    except Exception:  # one row that nothing is right for must not keep all others waiting
        _logger.exception("bulk run %s: row %s", run.pk, pk)
        reason = "Something went wrong; it was left as it is."
    else:
        return None
    return Fault(tenant=run.tenant, run=run, object_id=pk, name=name, reason=reason)


def _words(refusal: ValidationError, row: Any) -> str:  # noqa: ANN401
    found = refusal.message_dict if hasattr(refusal, "error_dict") else {}
    if "state" in found:
        return f"It is {row.get_state_display().lower()}."
    texts: list[str] = []
    for field, messages in found.items():
        about = "" if field == BASE else f"{field.removesuffix('_id').replace('_', ' ')} "
        texts.extend(f"{about}{message}" for message in messages)
    text = ". ".join(texts or refusal.messages).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _end(run: Run, what: str, *, by: Actor, reason: str = "") -> None:
    run.state, run.reason, run.ended_at = _ENDS[what], reason, clock.utc_now()
    run.save(update_fields=["state", "reason", "ended_at", "updated_at"])
    after = {"kind": run.kind, "done": run.done, "failed": run.failed}
    events.append(run.tenant, f"bulk_run.{what}", run.pk, by=by, after=after)


def tidy() -> int:
    """Delete the runs that ended ``KEPT`` ago, with what they say; return how many rows went."""
    count, _ = Run.objects.filter(ended_at__lt=clock.utc_now() - KEPT).delete()
    return count
