"""Applications: one by one, and several at once.

An application's plan is put into its product's document with it, so that calls know the plan as one
without limits, and need not ask for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tollway.authority.internal import credentials, fields
from tollway.authority.internal.answers import Answer, RefusedError, created, deleted, found, saved
from tollway.authority.internal.calls import (
    Call,
    Store,
    application_of,
    own_application,
    own_service,
)
from tollway.store.changing import Draft
from tollway.store.snapshot import Application, Plan

BATCH_MAX = 1_000
EXISTS = "the application exists already"


def get(draft: Draft, call: Call) -> Answer:
    return found(application=_shown(application_of(draft, *call.names)))


def post(draft: Draft, call: Call) -> Answer:
    service_id, id_ = call.names
    given = fields.member(call.body, "application")
    own_service(draft, service_id)
    if draft.application(service_id, id_) is not None:
        raise RefusedError(405, EXISTS)
    application = _changed(Application(service_id, id_, "", "", ""), given)
    _put(draft, application)
    return created(application=_shown(application))


def put(draft: Draft, call: Call) -> Answer:
    """Create or modify; what is not given stays as it is."""
    service_id, id_ = call.names
    given = fields.member(call.body, "application")
    own_service(draft, service_id)
    old = draft.application(service_id, id_)
    application = _changed(old or Application(service_id, id_, "", "", ""), given)
    _put(draft, application)
    return saved(new=old is None, application=_shown(application))


def delete(draft: Draft, call: Call) -> Answer:
    draft.remove_application(own_application(draft, *call.names))
    return deleted()


def batch(store: Store, call: Call) -> Answer:
    """Create or modify several: each by itself, so that one that is refused stops no other."""
    (service_id,) = call.names
    items = fields.listed(call.body, "applications")
    if not items or len(items) > BATCH_MAX:
        raise RefusedError(400, f"applications: must be a list of 1 to {BATCH_MAX}")
    store.publisher.change(lambda draft: own_service(draft, service_id))
    answers = [_of_batch(store, service_id, item) for item in items]
    failed = sum("error" in answer for answer in answers)
    return Answer(
        200,
        {
            "status": "completed",
            "applications": answers,
            "total": len(answers),
            "successful": len(answers) - failed,
            "failed": failed,
        },
    )


def _of_batch(store: Store, service_id: str, item: object) -> Mapping[str, Any]:
    """Save one application with its credentials; return what its line of the answer says."""
    given: Mapping[str, Any] = item if isinstance(item, dict) else {}

    def step(draft: Draft) -> Mapping[str, Any]:
        id_ = fields.identifier(given, "id")
        own_service(draft, service_id)
        old = draft.application(service_id, id_)
        application = _changed(old or Application(service_id, id_, "", "", ""), given)
        application = credentials.added(draft, application, given)
        _put(draft, application)
        return {"status": "created" if old is None else "modified", **_shown(application)}

    try:
        return store.publisher.change(step)
    except RefusedError as error:
        told = error.answer.body or {}
        return {"id": given.get("id"), "status": "error", "error": told.get("error")}


def _changed(old: Application, given: Mapping[str, Any]) -> Application:
    fields.identifier({"id": old.id}, "id")
    return replace(
        old,
        state=fields.needed(given, "state"),
        plan_id=fields.text(given, "plan_id", old.plan_id),
        plan_name=fields.text(given, "plan_name", old.plan_name),
        redirect_url=_url(given, old.redirect_url),
    )


def _url(given: Mapping[str, Any], old: str) -> str:
    url = given.get("redirect_url", old)
    if url is None:
        return ""
    if not isinstance(url, str) or len(url) > 2048:
        raise RefusedError(400, "redirect_url: must be a text of at most 2048 characters")
    return url


def _put(draft: Draft, application: Application) -> None:
    credentials.take_user_keys(draft, application)
    product = draft.product(application.service_id)
    if product is not None and application.plan_id not in product.plans:
        plan = Plan(application.plan_id, "")
        draft.put_product(replace(product, plans={**product.plans, plan.id: plan}))
    draft.put_application(application)


def _shown(application: Application) -> Mapping[str, Any]:
    names = ("service_id", "id", "state", "plan_id", "plan_name", "redirect_url")
    every = msgspec.structs.asdict(application)
    return {name: every[name] for name in names}
