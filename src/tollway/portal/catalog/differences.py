"""What differs between two configurations of a product, in words, for somebody who promotes one.

Both are SERVICE documents (``catalog.documents``). Ids, times, the number of the last save and the
path of the test call change nothing for callers and are left out. Secrets are said to differ, and
never shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from tollway.core.openid import without_login
from tollway.portal.catalog.documents import Document

Rule = Mapping[str, Any]


class Sign(StrEnum):
    ADDED = "+"
    REMOVED = "−"  # noqa: RUF001  (a minus sign, as wide as the others)
    CHANGED = "~"


class Difference(Struct, frozen=True):
    """`GET /v1` counts **v1**; Secret token is another; Private base URL is **x**, was y."""

    sign: Sign
    about: str
    says: str
    value: str = ""
    was: str = ""
    is_code: bool = False  # `about` is a method and a pattern, or a path

    @property
    def word(self) -> str:
        return self.sign.name.lower()


def differences(old: Document | None, new: Document) -> tuple[Difference, ...]:
    """Return what ``new`` changes for callers and for the API; ``old`` is None where nothing is."""
    rules = tuple(_rules(_rules_of(old) if old else [], _rules_of(new)))
    backends = tuple(_backends(backends_of(old) if old else {}, backends_of(new)))
    if old is None:
        return rules + backends
    return (*rules, *backends, *_settings(old, new), *_secrets(old, new), *_policies(old, new))


# --- mapping rules ---------------------------------------------------------------------------


def _rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Difference]:
    gone = Counter(map(_content, old)) - Counter(map(_content, new))
    come = Counter(map(_content, new)) - Counter(map(_content, old))
    removed, added = _take(old, gone), _take(new, come)
    before = {rule["id"]: rule for rule in removed}
    for rule in added:
        was = before.pop(rule["id"], None)
        yield _changed(was, rule) if was else _one(Sign.ADDED, rule, "counts")
    for rule in before.values():
        yield _one(Sign.REMOVED, rule, "counted")
    kept_before = [_content(rule) for rule in old if rule not in removed]
    kept_now = [_content(rule) for rule in new if rule not in added]
    if kept_before != kept_now:
        yield Difference(Sign.CHANGED, "Mapping rules", "are tried in another order")


def _rules_of(document: Document) -> Sequence[Rule]:
    rules: Sequence[Rule] = document["proxy"]["proxy_rules"]
    return rules


def _content(rule: Rule) -> tuple[Any, ...]:
    return (_about(rule), rule["metric_system_name"], rule["delta"], bool(rule["last"]))


def _take(rules: Sequence[Rule], wanted: Counter[tuple[Any, ...]]) -> list[Rule]:
    """Return as many rules of each content as are wanted, in their order."""
    left, found = Counter(wanted), []
    for rule in rules:
        if left[_content(rule)] > 0:
            left[_content(rule)] -= 1
            found.append(rule)
    return found


def _about(rule: Rule) -> str:
    return f"{rule['http_method']} {rule['pattern']}"


def _counted(rule: Rule) -> str:
    name: str = rule["metric_system_name"]
    if rule["owner_type"] == "BackendApi":
        name = name.removesuffix(f".{rule['owner_id']}")
    more = f" +{rule['delta']}" if rule["delta"] != 1 else ""
    return f"{name}{more}{', and ends matching' if rule['last'] else ''}"


def _one(sign: Sign, rule: Rule, says: str) -> Difference:
    return Difference(sign, _about(rule), says, _counted(rule), is_code=True)


def _changed(was: Rule, rule: Rule) -> Difference:
    before = [] if _about(was) == _about(rule) else [_about(was)]
    before += [] if _counted(was) == _counted(rule) else [_counted(was)]
    return Difference(
        Sign.CHANGED, _about(rule), "counts", _counted(rule), ", ".join(before), is_code=True
    )


# --- backends --------------------------------------------------------------------------------


def backends_of(document: Document) -> Mapping[str, str]:
    """Return the private base URL that answers below each path."""
    only = document["proxy"]["api_backend"]
    if only is not None:
        return {"/": only}
    chain = document["proxy"]["policy_chain"]
    routing = [policy for policy in chain if policy["name"] == "routing"]
    return {
        _path_of(rule): rule["url"]
        for policy in routing
        for rule in policy["configuration"]["rules"]
    }


def _path_of(rule: Rule) -> str:
    """Read the path out of what ``documents`` writes: `{{uri | remove_first: '/a'}}`."""
    replaced: str = rule.get("replace_path") or ""
    return replaced.partition("'")[2].partition("'")[0] or "/"


def _backends(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    alone = len(old) <= 1 and len(new) <= 1 and {*old, *new} <= {"/"}
    for path in sorted({*old, *new}):
        about = "Private base URL" if alone else f"Backend at {path}"
        if path not in old:
            yield Difference(Sign.ADDED, about, "is", new[path])
        elif path not in new:
            yield Difference(Sign.REMOVED, about, "was", old[path])
        elif old[path] != new[path]:
            yield Difference(Sign.CHANGED, about, "is", new[path], old[path])


# --- settings --------------------------------------------------------------------------------

_MODES = {"1": "API key", "2": "App ID and app key", "oauth": "OpenID Connect"}
_PLACES = {"query": "in the query", "headers": "in headers", "authorization": "by HTTP Basic"}
_NAMES = {"1": ("auth_user_key",), "2": ("auth_app_id", "auth_app_key"), "oauth": ()}


def mode_in_words(document: Document) -> str:
    return _MODES[document["backend_version"]]


def credentials_in_words(document: Document) -> str:
    """Say what callers show, and where: "user_key in the query"."""
    proxy = document["proxy"]
    names = [proxy[name] for name in _NAMES[document["backend_version"]]]
    if not names:
        return "an access token"
    return f"{' and '.join(names)} {_PLACES[proxy['credentials_location']]}"


def _proxy(name: str) -> Callable[[Document], str]:
    return lambda document: str(document["proxy"][name] or "")


def _answer(kind: str) -> Callable[[Document], str]:
    def told(document: Document) -> str:
        proxy = document["proxy"]
        parts = (proxy[f"error_status_{kind}"], proxy[f"error_{kind}"])
        return f"{parts[0]} {parts[1]} ({proxy[f'error_headers_{kind}']})"

    return told


def _issuer(document: Document) -> str:
    """Return the identity provider's address, without the login in it."""
    return without_login(str(document["proxy"]["oidc_issuer_endpoint"] or ""))


_SETTINGS: tuple[tuple[str, Callable[[Document], str]], ...] = (
    ("Authentication", mode_in_words),
    ("Callers show", credentials_in_words),
    ("Identity provider", _issuer),
    ("Claim with the client id", _proxy("jwt_claim_with_client_id")),
    ("Answer to missing credentials", _answer("auth_missing")),
    ("Answer to wrong credentials", _answer("auth_failed")),
    ("Answer without a matching rule", _answer("no_match")),
    ("Answer over a limit", _answer("limits_exceeded")),
    ("Host header", _proxy("hostname_rewrite")),
    ("Staging address", _proxy("sandbox_endpoint")),
    ("Production address", _proxy("endpoint")),
    ("Deployment", lambda document: str(document["deployment_option"]).replace("_", " ")),
    ("Product name", lambda document: str(document["name"])),
)
_HIDDEN: tuple[tuple[str, Callable[[Document], str]], ...] = (
    ("Secret token", _proxy("secret_token")),
    ("Service token", lambda document: str(document["backend_authentication_value"])),
    ("Client at the identity provider", _proxy("oidc_issuer_endpoint")),
)


def _settings(old: Document, new: Document) -> Iterator[Difference]:
    for about, text in _SETTINGS:
        before, after = text(old), text(new)
        if before != after:
            yield Difference(Sign.CHANGED, about, "is", after or "empty", before or "empty")


def _secrets(old: Document, new: Document) -> Iterator[Difference]:
    for about, text in _HIDDEN:
        moved = text is _HIDDEN[2][1] and _issuer(old) != _issuer(new)  # said above
        if text(old) != text(new) and not moved:
            yield Difference(Sign.CHANGED, about, "is another")


# --- policies --------------------------------------------------------------------------------


def policies_of(document: Document) -> list[Mapping[str, Any]]:
    """Return the chain without what every product has, and without the routing of backends."""
    chain = document["proxy"]["policy_chain"]
    return [policy for policy in chain if policy["name"] not in {"apicast", "routing"}]


def _policies(old: Document, new: Document) -> Iterator[Difference]:
    before = {policy["name"]: policy for policy in policies_of(old)}
    after = {policy["name"]: policy for policy in policies_of(new)}
    for name in sorted({*before, *after}):
        if name not in before:
            yield Difference(Sign.ADDED, f"Policy {name}", "is in the chain")
        elif name not in after:
            yield Difference(Sign.REMOVED, f"Policy {name}", "was in the chain")
        elif before[name] != after[name]:
            yield Difference(Sign.CHANGED, f"Policy {name}", "is configured otherwise")
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield Difference(Sign.CHANGED, "Policies", "run in another order")
