"""Events of the log in words: "Night Bus signed up", "3 mapping rules added". Pure.

    said = sentence(Fact("mapping_rule.created", 7, {}, {"pattern": "/v1"}))
    f"{said.subject} {said.phrase}"

A row for each kind that is ever appended; a test looks through the sources for kinds without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tollway.core.periods import per

Values = Mapping[str, Any]


class Fact(Struct, frozen=True):
    """What an event says. ``name``: what its object is called now, if it is known."""

    kind: str
    object_id: int | str
    before: Values = {}
    after: Values = {}
    name: str = ""


class Said(Struct, frozen=True):
    """``tone`` colours the glyph: "go", "wait", "stop", or "" for none."""

    subject: str
    phrase: str
    icon: str
    tone: str = ""


class Way(Struct, frozen=True):
    """How a kind is put: a phrase, in which `{field}` is a value of the event.

    ``many`` is the phrase of several objects, where ``plural`` does not find it.
    """

    phrase: str
    icon: str
    tone: str = ""
    many: str = ""


# What the object of an event is, one and many, and the fields of the event that may name it.
NOUNS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "access_token": ("Access token", "access tokens", ("name",)),
    "account": ("Account", "accounts", ("org_name",)),
    "account_plan": ("Account plan", "account plans", ("name",)),
    "alerts": ("List of alerts", "lists of alerts", ()),
    "alert": ("Application", "applications", ()),
    "api_document": ("API document", "API documents", ("name",)),
    "application": ("Application", "applications", ("name",)),
    "application_plan": ("Application plan", "application plans", ("name",)),
    "backend": ("Backend", "backends", ("name",)),
    "bulk_run": ("Bulk operation", "bulk operations", ()),
    "backend_usage": ("Backend path", "backend paths", ("path",)),
    "brand": ("Brand of the developer portal", "brands of the developer portal", ()),
    "feature": ("Feature", "features", ("name",)),
    "fields_definition": ("Field", "fields", ("label", "name")),
    "golive": ("Go live", "go-live steps", ()),
    "invitation": ("Invitation", "invitations", ("email",)),
    "level": ("Application", "applications", ()),
    "limit": ("Limit", "limits", ()),
    "mapping_rule": ("Mapping rule", "mapping rules", ("pattern",)),
    "note": ("Note", "notes", ()),
    "metric": ("Metric", "metrics", ("friendly_name", "system_name")),
    "pricing_rule": ("Price", "prices", ()),
    "product": ("Product", "products", ("name",)),
    "proxy": ("Product", "products", ()),
    "team_invitation": ("Invitation", "invitations", ("email",)),
    "service_plan": ("Service plan", "service plans", ("name",)),
    "service_subscription": ("Subscription", "subscriptions", ()),
    "service_token": ("Service token", "service tokens", ()),
    "settings": ("Portal settings", "portal settings", ()),
    "terms": ("Legal terms", "legal terms", ()),
    "integration_errors": ("Integration errors of", "lists of integration errors", ("name",)),
    "tryout": ("Test call", "test calls", ()),
    "wizard": ("Wizard", "wizards", ()),
    "tenant": ("Organisation", "organisations", ("org_name",)),
    "user": ("User", "users", ("username",)),
}

_ADDED, _CHANGED, _GONE = (
    Way("added", "plus"),
    Way("changed", "pencil"),
    Way("deleted", "trash", "stop"),
)
_PASSED = "passed"
_LEVELS = "reached levels of their limits"
_ASKS = Way("asks for the plan {plan}", "message-question", "wait")
_SENT = Way("was sent an e-mail", "mail")


def _of_plans(kind: str) -> dict[str, Way]:
    return {
        f"{kind}.created": _ADDED,
        f"{kind}.updated": _CHANGED,
        f"{kind}.deleted": _GONE,
        f"{kind}.default_changed": Way("is the default now", "star"),
        f"{kind}.feature_added": Way("has a feature more", "plus"),
        f"{kind}.feature_removed": Way("has a feature less", "minus"),
        f"{kind}.metric_disabled": Way("has a metric switched off", "ban", "wait"),
        f"{kind}.metric_enabled": Way("has a metric switched on", "circle-check"),
        f"{kind}.metric_updated": Way("shows a metric differently", "eye"),
    }


WAYS: Mapping[str, Way] = {
    "access_token.created": _ADDED,
    "access_token.updated": _CHANGED,
    "access_token.deleted": _GONE,
    "account.created": Way("signed up", "user-plus", "go"),
    "account.updated": _CHANGED,
    "account.deleted": _GONE,
    "account.made_pending": Way("waits for approval", "user-plus", "wait"),
    "account.approved": Way("approved", "user-check", "go"),
    "account.rejected": Way("rejected", "user-x", "stop"),
    "account.suspended": Way("suspended", "player-pause", "stop"),
    "account.resumed": Way("resumed", "player-play", "go"),
    "account.plan_changed": Way("changed its plan", "arrows-exchange"),
    "account.plan_requested": _ASKS,
    "account.written_to": Way("was sent an e-mail: {subject}", "mail", "", "were sent an e-mail"),
    "account.acting_allowed": Way("may be acted for by support", "mask"),
    "account.acting_began": Way("is acted for by support, as {username}", "mask", "wait"),
    "account.acting_ended": Way("is not acted for by support any more", "mask"),
    "alerts.marked": Way("changed: {count} marked as {state}", "bell"),
    "alert.raised": Way("reached {utilization} % of {limit}", "gauge", "stop", _LEVELS),
    "application.created": Way("added", "app-window", "go"),
    "application.updated": _CHANGED,
    "application.deleted": _GONE,
    "application.accepted": Way("accepted", "circle-check", "go"),
    "application.rejected": Way("rejected", "circle-x", "stop"),
    "application.suspended": Way("suspended", "player-pause", "stop"),
    "application.resumed": Way("resumed", "player-play", "go"),
    "application.deprecated": Way("deprecated", "archive", "wait"),
    "application.plan_changed": Way("changed its plan", "arrows-exchange"),
    "application.plan_requested": _ASKS,
    "application.plan_customized": Way("has a plan of its own", "arrows-exchange"),
    "application.plan_decustomized": Way("is back on the standard plan", "arrows-exchange"),
    "application.user_key_changed": Way("has a new user key", "refresh"),
    "application.user_key_expired": Way("lost its former user key", "key"),
    "application.former_user_keys_removed": Way("lost its former user keys", "key"),
    "application.key_created": Way("has a new key", "key"),
    "application.key_updated": Way("has a key renewed", "refresh"),
    "application.key_deleted": Way("has a key less", "key"),
    "application.key_expired": Way("lost a renewed key", "key"),
    "application.referrer_filter_created": Way("has a referrer filter more", "filter"),
    "application.referrer_filter_deleted": Way("has a referrer filter less", "filter"),
    "application.first_traffic": Way("called for the first time", "player-play", "go"),
    "application.first_daily_traffic": Way("called today", "activity"),
    "bulk_run.started": Way("started, for {total} rows", "list-check"),
    "bulk_run.finished": Way("finished: {done} done, {failed} not", "list-check", "go"),
    "bulk_run.cancelled": Way("cancelled after {done} rows", "list-check", "wait"),
    "bulk_run.stopped": Way("stopped after {done} rows", "list-check", "stop"),
    "api_document.created": _ADDED,
    "api_document.updated": _CHANGED,
    "api_document.deleted": _GONE,
    "backend.created": _ADDED,
    "backend.updated": _CHANGED,
    "backend.deleted": _GONE,
    "backend_usage.created": _ADDED,
    "backend_usage.updated": _CHANGED,
    "backend_usage.deleted": Way("removed", "trash", "stop"),
    "brand.updated": _CHANGED,
    "feature.created": _ADDED,
    "feature.updated": _CHANGED,
    "feature.deleted": _GONE,
    "fields_definition.created": _ADDED,
    "fields_definition.updated": _CHANGED,
    "fields_definition.deleted": _GONE,
    "golive.reached": Way("is a step further", "flag", "go"),
    "golive.closed": Way("hidden", "eye-off"),
    "golive.reopened": Way("shown again", "eye"),
    "invitation.created": Way("sent", "mail"),
    "invitation.sent": Way("sent again", "mail"),
    "invitation.deleted": Way("taken back", "trash", "stop"),
    "invitation.accepted": Way("accepted", "user-check", "go"),
    "level.reached": Way("reached {level} % of {maximum} {per}", "gauge", "stop", _LEVELS),
    "limit.created": Way("set to {value} {per}", "gauge"),
    "limit.updated": Way("changed", "gauge"),
    "limit.deleted": Way("removed", "gauge", "stop"),
    "mapping_rule.created": Way("added", "route"),
    "mapping_rule.updated": Way("changed", "route"),
    "mapping_rule.deleted": Way("deleted", "route", "stop"),
    "note.created": Way("added to an account", "pencil"),
    "note.updated": _CHANGED,
    "note.deleted": _GONE,
    "note.restored": Way("brought back", "restore"),
    "metric.created": _ADDED,
    "metric.updated": _CHANGED,
    "metric.deleted": _GONE,
    "pricing_rule.created": _ADDED,
    "pricing_rule.updated": _CHANGED,
    "pricing_rule.deleted": Way("removed", "trash", "stop"),
    "product.created": _ADDED,
    "product.updated": _CHANGED,
    "product.deleted": _GONE,
    "proxy.updated": Way("has another gateway configuration", "settings"),
    "proxy.flows_updated": Way("has other OpenID Connect flows", "settings"),
    "proxy.deployed": Way("deployed to staging", "git-branch"),
    "proxy.promoted": Way("promoted to {environment}, v{version}", "circle-check", "go"),
    "team_invitation.created": Way("sent", "mail"),
    "team_invitation.sent": Way("sent again", "mail"),
    "team_invitation.deleted": Way("taken back", "trash", "stop"),
    "team_invitation.accepted": Way("accepted", "user-check", "go"),
    "service_subscription.created": _ADDED,
    "service_subscription.deleted": _GONE,
    "service_subscription.accepted": Way("accepted", "circle-check", "go"),
    "service_subscription.suspended": Way("suspended", "player-pause", "stop"),
    "service_subscription.resumed": Way("resumed", "player-play", "go"),
    "service_subscription.plan_changed": Way("changed its plan", "arrows-exchange"),
    "service_subscription.plan_requested": _ASKS,
    "service_token.created": _ADDED,
    "service_token.renewed": Way("renewed", "refresh"),
    "service_token.deleted": _GONE,
    "service_token.expired": Way("ended after its renewal", "key"),
    "settings.updated": _CHANGED,
    "terms.updated": _CHANGED,
    "terms.accepted": Way("accepted", "file-check"),
    "tenant.created": Way("signed up", "building", "go"),
    "tenant.updated": _CHANGED,
    "tenant.deleted": _GONE,
    "tenant.filled": Way("was given {accounts} trial accounts", "users"),
    "tenant.resumed": Way("resumed", "player-play", "go"),
    "tenant.approved": Way("approved", "user-check", "go"),
    "tenant.made_pending": Way("waits for approval", "building", "wait"),
    "tenant.rejected": Way("rejected", "user-x", "stop"),
    "tenant.suspended": Way("suspended", "player-pause", "stop"),
    "tenant.scheduled_for_deletion": Way("will be deleted", "trash", "stop"),
    "tenant.key_renewed": Way("has a new provider key", "refresh"),
    "tenant.key_retired": Way("lost its former provider key", "key"),
    "integration_errors.purged": Way("purged", "trash"),
    "tryout.ended": Way("of v{version} on staging {result}", "flask", many="on staging"),
    "wizard.started": Way("started", "wand"),
    "wizard.completed": Way("completed", "wand", "go"),
    "wizard.skipped": Way("skipped", "wand"),
    "user.created": Way("added", "user-plus", "go"),
    "user.updated": _CHANGED,
    "user.deleted": _GONE,
    "user.activated": Way("activated", "user-check", "go"),
    "user.suspended": Way("suspended", "player-pause", "stop"),
    "user.unsuspended": Way("may sign in again", "player-play", "go"),
    "user.role_changed": Way("has another role", "shield"),
    "user.permissions_changed": Way("has other permissions", "shield"),
    "user.notifications_changed": Way("has other notifications", "bell"),
    "user.activation_sent": _SENT,
    "user.password_reset_sent": _SENT,
    **_of_plans("account_plan"),
    **_of_plans("service_plan"),
    **_of_plans("application_plan"),
}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(fact: Fact, count: int = 1) -> Said:
    """Put an event, or ``count`` alike, into words. A kind without a row gets plain ones."""
    object_kind, _, what = fact.kind.partition(".")
    one, many, _names = NOUNS.get(object_kind, (object_kind.replace("_", " ").capitalize(),) * 3)
    way = WAYS.get(fact.kind, Way(what.replace("_", " "), "point"))
    if count > 1:
        return Said(f"{count:,} {many}", way.many or plural(way.phrase), way.icon, way.tone)
    if what == "default_changed" and fact.after.get("default_plan_id") is None:
        return Said(_subject(fact, one), "is the default no longer", way.icon)
    passed = fact.after.get("outcome") == _PASSED
    values = _Blank({**fact.before, **fact.after, "result": "passed" if passed else "failed"})
    values["per"] = per(str(values["period"]))
    return Said(_subject(fact, one), way.phrase.format_map(values), way.icon, _tone(fact, way))


_MANY = {"has": "have", "is": "are", "was": "were", "waits": "wait", "shows": "show"}
_WHAT_DIFFERS = re.compile(r",?( (of|to|v)?)? *\{.*")


def plural(phrase: str) -> str:
    """Put a phrase into the plural, without what each of the many has of its own.

    >>> plural("has its plan changed"), plural("promoted to {environment}, v{version}")
    ('have their plan changed', 'promoted')
    """
    first, space, rest = _WHAT_DIFFERS.sub("", phrase).partition(" ")
    rest = f" {rest} ".replace(" its ", " their ").strip()
    return f"{_MANY.get(first, first)}{space}{rest}".strip()


def _subject(fact: Fact, noun: str) -> str:
    object_kind = fact.kind.partition(".")[0]
    fields = NOUNS.get(object_kind, ("", "", ("name",)))[2]
    own = [fact.name, *(str({**fact.before, **fact.after}.get(each) or "") for each in fields)]
    name = next(filter(None, own), "")
    if object_kind in _CALLED_BY_NAME and name:
        return name
    return f"{noun} {name}".strip() if name else noun


def _tone(fact: Fact, way: Way) -> str:
    if "outcome" in fact.after:
        return "go" if fact.after["outcome"] == _PASSED else "stop"
    waits = fact.kind.endswith(".created") and fact.after.get("state") == "pending"
    return "wait" if waits else way.tone


# Whose names say enough by themselves.
_CALLED_BY_NAME = frozenset(
    {"account", "alert", "application", "level", "product", "proxy", "tenant", "user"}
)
