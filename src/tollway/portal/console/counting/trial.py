"""What one call would match and count, by the gateways' own matcher. Nothing is sent.

The rules are those of a configuration (the SERVICE document): the one in force on staging or in
production, or the one that a deploy would write now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct

from tollway.core import rules
from tollway.core.metrics import MetricTree
from tollway.core.usage import Amount
from tollway.portal.catalog import selectors
from tollway.portal.catalog.documents import Document
from tollway.portal.catalog.models import Backend, MappingRule

METHODS = rules.METHODS
TARGET_CHARACTERS_MAX = 4096
_METHOD = re.compile(r"[A-Z]{1,20}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Tomcat takes `..;` for a step up, and others `\` for a slash (gateway: `upstream.is_ambiguous`).
_AMBIGUOUS = re.compile(r"/\.\.?[;/]")


class CallError(ValueError):
    """What was typed is no call. The message says why, to stand at the field."""


class Call(Struct, frozen=True):
    """``path`` is as rules are matched on: what NGINX makes of it, escaped; ``query`` is raw."""

    method: str
    path: str
    query: str


class Ruled(Struct, frozen=True):
    """A rule of a configuration. ``backend`` owns it, "" for the product itself."""

    id: int
    method: str
    pattern: str
    metric: str
    metric_id: int
    delta: int
    last: bool
    query: Mapping[str, str]
    backend: str = ""


class Hit(Struct, frozen=True):
    """A rule that matched. Not ``counts``: the call goes to another backend than the rule's."""

    rule: Ruled
    counts: bool


class Count(Struct, frozen=True):
    """So much on one metric; ``through`` are the metrics below it that it comes from, by name."""

    metric_id: int
    name: str
    units: int
    through: tuple[str, ...] = ()


class Trial(Struct, frozen=True):
    """``served`` says whether a backend answers the path; a call without one is counted still."""

    call: Call
    hits: tuple[Hit, ...]
    counts: tuple[Count, ...]
    served: bool
    ambiguous: bool

    @property
    def matched(self) -> bool:
        """Whether the gateway goes on to check the caller and count."""
        return bool(self.counts) and not self.ambiguous


def read_call(method: str, target: str) -> Call:
    """Read what somebody types: a path with a query, or a whole URL. Raises ``CallError``."""
    method, target = method.strip().upper(), target.strip()
    if not _METHOD.fullmatch(method):
        raise CallError("Choose a method")
    if len(target) > TARGET_CHARACTERS_MAX:
        raise CallError(f"Use at most {TARGET_CHARACTERS_MAX:,} characters")
    if re.match("https?://", target):
        try:
            url = urlsplit(target)
        except ValueError as error:
            raise CallError("Is not a URL: its host cannot be read") from error
        target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    if not target.startswith("/"):
        raise CallError("Must start with /")
    if re.search(r"\s", target):
        raise CallError("May not contain spaces. Write %20")
    path, _, query = target.partition("#")[0].partition("?")
    return Call(method, rules.escape(normalised(path)), query)


def normalised(raw: str) -> bytes:
    """Return a path as NGINX has it: decoded, runs of slashes merged, dots resolved.

    Raises ``CallError`` for what NGINX answers with 400.
    """
    decoded = unquote_to_bytes(raw)
    if _BROKEN_ESCAPE.search(raw) or b"\0" in decoded:
        raise CallError("Has %00, or a % without two hexadecimal digits: NGINX answers 400")
    kept: list[bytes] = []
    for segment in (segments := decoded.split(b"/")):
        if segment == b"..":
            if not kept:
                raise CallError("Leads above the root: NGINX answers 400")
            kept.pop()
        elif segment not in {b"", b"."}:
            kept.append(segment)
    ends = kept and segments[-1] in {b"", b".", b".."}
    return b"/" + b"/".join(kept) + (b"/" if ends else b"")


def try_call(call: Call, ruled: Sequence[Ruled], tree: MetricTree, document: Document) -> Trial:
    """Match a call against the rules of a configuration, and add up what it counts."""
    trie = rules.compile_rules([_plain(rule) for rule in ruled])
    backend, served = _route(document, call.path)
    found = rules.match(trie, call.method, call.path, query=call.query, backend=backend)
    hits = tuple(
        Hit(rule, not (backend and rule.backend and rule.backend != backend))
        for rule in (ruled[place] for place in found.places)
    )
    ids = {hit.rule.metric: hit.rule.metric_id for hit in hits}
    used = {ids[name]: units for name, units in found.usage.items()}
    return Trial(
        call=call,
        hits=hits,
        counts=tuple(_counts(used, {ids[name]: name for name in found.usage}, tree)),
        served=served,
        ambiguous=bool(_AMBIGUOUS.search(call.path.replace("%5C", "/") + "/")),
    )


def _plain(rule: Ruled) -> rules.Rule:
    return rules.Rule(
        rule.method, rule.pattern, rule.metric, rule.delta, rule.last, rule.query, rule.backend
    )


def _counts(used: Mapping[int, int], names: Mapping[int, str], tree: MetricTree) -> Iterator[Count]:
    known = {str(metric): Amount(units) for metric, units in used.items() if _in(tree, metric)}
    for metric, units in used.items():
        if not _in(tree, metric):
            yield Count(metric, names[metric], units)
    total = tree.roll_up(known)
    for id_, amount in total.items():
        below = tuple(tree.name_of(each) for each in total if id_ in tree.ancestors(each))
        yield Count(int(id_), tree.name_of(id_), amount.value, below)


def _in(tree: MetricTree, metric: int) -> bool:
    return str(metric) in tree.ids


# --- configurations --------------------------------------------------------------------------


def rules_of(document: Document) -> list[Ruled]:
    """Return the rules of a configuration, in their order."""
    return [
        Ruled(
            id=rule["id"],
            method=rule["http_method"],
            pattern=rule["pattern"],
            metric=rule["metric_system_name"],
            metric_id=rule["metric_id"],
            delta=rule["delta"],
            last=rule["last"],
            query=rule["querystring_parameters"],
            backend=str(rule["owner_id"]) if rule["owner_type"] == "BackendApi" else "",
        )
        for rule in document["proxy"]["proxy_rules"]
    ]


def rules_of_backend(backend: Backend) -> list[Ruled]:
    """Return a backend's rules by themselves, as if a product used it at `/`."""
    return [_own(rule) for rule in selectors.mapping_rules_of(backend.tenant, backend)]


def _own(rule: MappingRule) -> Ruled:
    return Ruled(
        id=rule.pk,
        method=rule.http_method,
        pattern=rule.pattern,
        metric=rule.metric.wire_name,
        metric_id=rule.metric_id,
        delta=rule.delta,
        last=rule.last,
        query=rules.parse_pattern(rule.pattern).query,
    )


ALONE: Document = {"proxy": {"api_backend": "", "policy_chain": [], "proxy_rules": []}}
"""A configuration in which whatever is called is answered: for a backend by itself."""


def _route(document: Document, path: str) -> tuple[str, bool]:
    """Return which backend answers a path ("": the only one), and whether any does."""
    for rule in _routing_rules(document):
        below = _path_of(rule)
        if below == "/" or path == below or path.startswith(f"{below}/"):
            return str(rule["owner_id"]), True
    return "", document["proxy"]["api_backend"] is not None


def _routing_rules(document: Document) -> Iterable[Mapping[str, Any]]:
    for policy in document["proxy"]["policy_chain"]:
        if policy["name"] == "routing":
            yield from policy["configuration"]["rules"]


def _path_of(rule: Mapping[str, Any]) -> str:
    """Read the path out of the expression that ``documents`` writes: `^(/a/.*|/a/?)`."""
    expression: str = rule["condition"]["operations"][0]["value"]
    literal = expression.removeprefix("^(").partition("/.*")[0]
    return rules.canonical(re.sub(r"\\(\W)", r"\1", literal)) or "/"
