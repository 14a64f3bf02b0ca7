"""Events in words; and that every kind that is appended anywhere has words of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tollway.portal.accounts.services.accounts import ACCOUNT_MOVES
from tollway.portal.accounts.services.tenants import TENANT_MOVES
from tollway.portal.accounts.services.users import USER_MOVES
from tollway.portal.accounts.single_use import Purpose
from tollway.portal.applications.services.applications import MOVES as APPLICATION_MOVES
from tollway.portal.console.dashboard import sentences
from tollway.portal.console.dashboard.sentences import NOUNS, WAYS, Fact, sentence
from tollway.portal.onboarding.models import Wizard
from tollway.portal.plans.models import AccountPlan, ApplicationPlan, ServicePlan
from tollway.portal.plans.services.contracts import SUBSCRIPTION_MOVES
from tollway.portal.web import packages

PORTAL = Path(sentences.__file__).parents[2]

SAID = [
    (Fact("account.created", 7, name="Night Bus"), 1, "Night Bus signed up"),
    (Fact("mapping_rule.created", 7, after={"pattern": "/v1"}), 1, "Mapping rule /v1 added"),
    (Fact("mapping_rule.created", 7, after={"pattern": "/v1"}), 3, "3 mapping rules added"),
    (Fact("proxy.promoted", 1, after={"environment": "production", "version": 5}, name="API"), 1,
     "API promoted to production, v5"),
    (Fact("level.reached", 1, after={"level": 100, "maximum": 3, "period": "hour"}, name="App"), 1,
     "App reached 100 % of 3 per hour"),
    (Fact("level.reached", 1), 4, "4 applications reached levels of their limits"),
    (Fact("application.user_key_changed", 1), 1, "Application has a new user key"),
    (Fact("application.plan_changed", 1), 1200, "1,200 applications changed their plan"),
    (Fact("application.deleted", 1, before={"name": "Gone"}), 1, "Gone deleted"),
    (Fact("limit.created", 1, after={"value": 3, "period": "hour"}), 1, "Limit set to 3 per hour"),
    (Fact("limit.created", 1, after={"value": 3, "period": "eternity"}), 1,
     "Limit set to 3 in all"),
    (Fact("proxy.promoted", 1), 1, "Product promoted to ?, v?"),
    (Fact("tryout.ended", 9, after={"version": 5, "outcome": "passed"}), 1,
     "Test call of v5 on staging passed"),
    (Fact("tryout.ended", 9, after={"version": 5, "outcome": "tls"}), 1,
     "Test call of v5 on staging failed"),
    (Fact("moon.eaten_up", 1), 1, "Moon eaten up"),
    (Fact("account.updated", 1, after={"org_name": "{0.__class__}"}), 1, "{0.__class__} changed"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "count", "expected"), SAID)
def test_an_event_is_put_into_words(fact: Fact, count: int, expected: str) -> None:
    said = sentence(fact, count)
    assert f"{said.subject} {said.phrase}" == expected


def test_who_waits_for_approval_is_marked() -> None:
    assert sentence(Fact("account.created", 1, after={"state": "pending"})).tone == "wait"
    assert sentence(Fact("account.created", 1, after={"state": "approved"})).tone == "go"


# What a source calls when it does not name a kind: (first part, what happens).
DYNAMIC = {
    "account": [move.done for move in ACCOUNT_MOVES.values()],
    "application": [move.done for move in APPLICATION_MOVES.values()],
    "service_subscription": [move.done for move in SUBSCRIPTION_MOVES.values()],
    "tenant": [move.done for move in TENANT_MOVES.values()],
    "wizard": [str(state) for state in Wizard.State if state != Wizard.State.INITIAL],
    "user": [*(move.done for move in USER_MOVES.values()), *(f"{p}_sent" for p in Purpose)],
}
PLANS = [kind.kind for kind in (AccountPlan, ServicePlan, ApplicationPlan)]
# What `append` of these modules puts before what it is told.
LOGS = {"plans.services.log": PLANS, "applications.services.log": ["application"]}
FACES = ("console", "api", "web")  # they append nothing
KIND = re.compile(rf"({'|'.join(NOUNS)})\.[a-z_]+")


def test_every_kind_that_is_appended_has_words() -> None:
    kinds = set(_kinds())
    assert len(kinds) > 80, "the search for kinds finds them"
    assert sorted(kinds) == sorted(WAYS)


def test_every_word_has_an_object_and_an_icon() -> None:
    assert {kind.partition(".")[0] for kind in WAYS} <= set(NOUNS)
    for way in WAYS.values():
        assert packages.icon(way.icon)


def _kinds() -> Iterator[str]:
    """Find kinds in the sources: named in full, or put together by what a module calls."""
    for prefix, whats in DYNAMIC.items():
        yield from (f"{prefix}.{what}" for what in whats)
    for app in sorted(PORTAL.iterdir()):
        if app.is_dir() and app.name not in FACES:
            for path in sorted(app.rglob("*.py")):
                yield from _in_module(ast.parse(path.read_text()))


def _in_module(tree: ast.Module) -> Iterator[str]:
    prefixes = _prefixes(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="kind")], value=ast.Constant(value=kind)):
                yield from _full(kind)
            case ast.Call(func=func, args=args):
                if isinstance(func, ast.Attribute) and func.attr == "append":
                    yield from _of_events(func, args)
                told = [str(each.value) for each in args if isinstance(each, ast.Constant)]
                for each in told:
                    yield from _full(each)
                of = prefixes.get(func.id, []) if isinstance(func, ast.Name) else []
                yield from (f"{prefix}.{what}" for prefix in of for what in told)
            case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=".deleted")]):
                yield from (f"{kind}.deleted" for kind in PLANS)
            case _:
                pass


def _of_events(func: ast.Attribute, args: list[ast.expr]) -> Iterator[str]:
    """Return the kind that `events.append` is given, whatever it is about."""
    if isinstance(func.value, ast.Name) and func.value.id == "events" and len(args) > 1:
        match args[1]:
            case ast.Constant(value=str(kind)):
                yield kind
            case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]):
                known = begin.rstrip(".") in {*DYNAMIC, *NOUNS}
                assert known, f"nobody knows what {begin}... goes on with"
            case _:
                pass


def _full(kind: object) -> Iterator[str]:
    if KIND.fullmatch(str(kind)):
        yield str(kind)


def _prefixes(tree: ast.Module) -> dict[str, list[str]]:
    """Return what functions put before what they are told, by their names in this module."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for log, prefixes in LOGS.items():
                if (node.module or "").endswith(log):
                    found.update({each.name: prefixes for each in node.names})
        elif isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                match inner:
                    case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]):
                        if begin.endswith(".") and begin[:-1] in NOUNS:
                            found[node.name] = [begin[:-1]]
                    case _:
                        pass
    for node in ast.walk(tree):  # and those that hand on what they are told
        if isinstance(node, ast.FunctionDef) and any(arg.arg == "what" for arg in node.args.args):
            for inner in ast.walk(node):
                called = getattr(getattr(inner, "func", None), "id", "")
                if called in found:
                    found.setdefault(node.name, found[called])
    return found
