"""Asking for a bulk run, doing the next batch of one, and calling one off."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.bulk import selectors
from tollway.portal.bulk.kinds import KINDS, Kind, Needs, Order, Parameters
from tollway.portal.bulk.models import Fault, Run
from tollway.portal.bulk.subjects import Selection, Subject, name_of, rows_of, sealed, unsealed
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
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
    upper_id = rows.order_by().aggregate(last=Max("pk"))["last"]
    if upper_id is None:
        raise refuse(BASE, "Nothing is selected any more")
    run = Run.objects.create(
        tenant=tenant,
        kind=kind,
        parameters=msgspec.to_builtins(parameters),
        selection_sealed=sealed(selection),
        user=user,
        request_id=by.request_id,
        upper_id=upper_id,
        total=rows.count(),
    )
    after = {"kind": kind, "total": run.total}
    events.append(tenant, "bulk_run.started", run.pk, by=by, after=after)
    return run


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
    kind = KINDS.get(run.kind)
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
    faults = [fault for row in rows if (fault := _done(run, kind, row, order))]
    Fault.objects.bulk_create(faults)
    run.failed += len(faults)
    run.done += len(rows) - len(faults)
    if rows:
        run.cursor = rows[-1].pk
    run.save(update_fields=["failed", "done", "cursor", "updated_at"])
    if len(rows) < BATCH:
        _end(run, "finished", by=SYSTEM)


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
