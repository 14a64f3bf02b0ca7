r"""Mapping rules: which metrics a call uses, and by how much.

A rule names a method, a pattern and a metric. Rules are compiled once, when a configuration is
deployed, into a trie over the bytes of their patterns; matching a call then costs the length of its
path, not the number of rules. The trie is plain data: the gateway matches the same JSON in Lua
(``tollway/rules.lua``), and ``vectors/rules.json`` holds both to one meaning.

* A pattern is a *byte prefix*: ``/foo`` matches ``/foo``, ``/foobar`` and ``/foo/bar``. ``$`` at
  its end asks for the whole path.
* ``{name}`` takes one or more of the characters of ``WILD``: never ``/``, never nothing.
* Every other character stands for itself, ``+ * ( ) [ ] | ^ \`` too. Runs of ``/`` count as one.
* All rules that match count, in their order, until one that is ``last``.

Paths come normalised (decoded, ``//`` merged, dots resolved) and escaped again by ``escape``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

SCHEMA = 1
METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")  # what the portal offers
ANY = "ANY"  # every method, unknown ones too
PATTERN_CHARACTERS_MAX = 255
WILD = r"A-Za-z0-9_\-.~%!$&'()*+,;=@:"

_VARIABLE = r"\{([A-Za-z0-9_]+)\}"
_PLAIN = r"A-Za-z0-9\-_.!~*'():@&=+,;"
_PATH_TOKEN = re.compile(rf"{_VARIABLE}|%[0-9A-Fa-f]{{2}}|[{_PLAIN}/]")
_QUERY_TOKEN = re.compile(rf"{_VARIABLE}|%[0-9A-Fa-f]{{2}}|[{_PLAIN}/?$]")
_WILD = re.compile(f"[{WILD}]")


class PatternError(ValueError):
    """A pattern is not in the portal's grammar. The message says what is wrong, for its author."""


class Pattern(Struct, frozen=True):
    """``variables`` are the names in the path; ``query`` is argument name -> value or ``{name}``.

    A configuration carries them as ``parameters`` and ``querystring_parameters``.
    """

    text: str
    variables: tuple[str, ...] = ()
    query: Mapping[str, str] = {}


class Rule(Struct, frozen=True):
    """``backend`` owns the rule, "" for the product itself; ``query`` as in ``Pattern``."""

    method: str
    pattern: str
    metric: str
    delta: int = 1
    last: bool = False
    query: Mapping[str, str] = {}
    backend: str = ""


class Condition(Struct, frozen=True, omit_defaults=True):
    """An argument must be there and, if ``value`` is given, have exactly this decoded value."""

    name: str
    value: str | None = None


class CompiledRule(Struct, frozen=True, omit_defaults=True):
    pattern: str
    metric: str
    delta: int = 0
    last: bool = False
    conditions: tuple[Condition, ...] = ()
    backend: str = ""


class Node(Struct, frozen=True, omit_defaults=True):
    """A place in the trie, reached by the bytes of ``run``, or by a wildcard if ``run`` is empty.

    ``next`` leads on by the first byte of the next run, ``wild`` by a wildcard (0: none, because
    node 0 is a root). ``prefix`` rules match here whatever follows, ``exact`` ones if nothing does.
    """

    run: str = ""
    next: Mapping[str, int] = {}
    wild: int = 0
    prefix: tuple[int, ...] = ()
    exact: tuple[int, ...] = ()


class Trie(Struct, frozen=True):
    """Compiled rules, by position; ``methods`` gives the root of each method, and of ``ANY``."""

    schema: int
    rules: tuple[CompiledRule, ...]
    nodes: tuple[Node, ...]
    methods: Mapping[str, int]


class Match(Struct, frozen=True):
    """``usage`` is metric -> units (empty: no rule matched); ``patterns`` are all that matched.

    ``places`` are the same rules by their place among those that were compiled, from 0.
    """

    usage: Mapping[str, int]
    patterns: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


# --- what the portal accepts -----------------------------------------------------------------


def parse_pattern(text: str) -> Pattern:
    """Read a pattern as the portal accepts it. Raises ``PatternError``.

    >>> pattern = parse_pattern("/v1/{id}.json$?as={as}&page=1")
    >>> pattern.variables, pattern.query
    (('id',), {'as': '{as}', 'page': '1'})
    """
    if not text.startswith("/"):
        raise PatternError("must start with /")
    if len(text) > PATTERN_CHARACTERS_MAX:
        raise PatternError(f"is too long: {PATTERN_CHARACTERS_MAX} characters at most")
    path, _, query = text.partition("?")
    if "$" in path[:-1]:
        raise PatternError("may have $ only at the end of the path")
    in_path = _variables(path.removesuffix("$"), _PATH_TOKEN)
    in_query = _variables(query, _QUERY_TOKEN)
    names = in_path + in_query
    for name in names:
        if names.count(name) > 1:
            raise PatternError(f"names the variable {{{name}}} twice")
    return Pattern(text, in_path, _conditions(query))


def _variables(text: str, token: re.Pattern[str]) -> tuple[str, ...]:
    """Return the names in ``text``, after checking that it is made of tokens only."""
    names, at = [], 0
    while at < len(text):
        found = token.match(text, at)
        if found is None:
            raise PatternError(_complaint(text[at]))
        if found[1]:
            names.append(found[1])
        at = found.end()
    return tuple(names)


def _complaint(character: str) -> str:
    if character in "{}":
        return "has a brace that is not part of {name}; names have letters, digits and _ only"
    if character == "%":
        return "has a % without two hexadecimal digits after it"
    if character.isspace():
        return "may not contain spaces; write %20"
    return f"may not contain {character!r}; write it as a percent escape"


def _conditions(query: str) -> dict[str, str]:
    conditions: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if not name:
            raise PatternError(f"has no name before = in the query part {part!r}")
        if re.search(_VARIABLE, name):
            raise PatternError(f"may not have a variable as the name of an argument: {name}")
        if name in conditions:
            raise PatternError(f"names the argument {name} twice")
        conditions[name] = value
    return conditions


def escape(path: str | bytes) -> str:
    """Escape a decoded path: every byte but ``/`` and the unescaped ones of ``WILD``.

    >>> escape("/a b/100%/Zürich")
    '/a%20b/100%25/Z%C3%BCrich'
    """
    return quote(path, safe="/!$&'()*+,;=@:")


def canonical(literal: str) -> str:
    """Bring the literal text of a pattern into the form that escaped paths have.

    >>> canonical("//%66oo%2fbar/%c3%bc")
    '/foo/bar/%C3%BC'
    """
    return re.sub("/+", "/", escape(unquote_to_bytes(literal)))


# --- compiling -------------------------------------------------------------------------------


def compile_rules(rules: Sequence[Rule]) -> Trie:
    """Compile rules, in their order. Any text is a pattern here: what is not ``{name}`` is literal.

    A wildcard or an anchor apart, patterns are compared in their ``canonical`` form.
    """
    nodes: list[Node] = []
    methods = {}
    for method in sorted({rule.method for rule in rules}):
        root = _Branch()
        for index, rule in enumerate(rules):
            if rule.method in {method, ANY}:
                root.insert(rule.pattern, index)
        methods[method] = _flatten(root, nodes)
    return Trie(SCHEMA, tuple(map(_compiled, rules)), tuple(nodes), methods)


class _Branch:
    """A node of the trie while it grows, one byte an edge."""

    __slots__ = ("exact", "next", "prefix", "wild")

    def __init__(self) -> None:
        self.next: dict[str, _Branch] = {}
        self.wild: _Branch | None = None
        self.prefix: list[int] = []
        self.exact: list[int] = []

    def insert(self, pattern: str, index: int) -> None:
        path = pattern.partition("?")[0]
        node = self
        for step in _steps(path.removesuffix("$")):
            node = node.follow(step)
        (node.exact if path.endswith("$") else node.prefix).append(index)

    def follow(self, step: str) -> _Branch:
        if step:
            return self.next.setdefault(step, _Branch())
        self.wild = self.wild or _Branch()
        return self.wild


def _steps(path: str) -> Iterator[str]:
    """Yield the characters of a pattern, and "" for each wildcard."""
    for number, part in enumerate(re.split(_VARIABLE, path)):
        if number % 2:
            yield ""
        else:
            yield from canonical(part)


def _flatten(root: _Branch, nodes: list[Node]) -> int:
    """Append the branches to ``nodes``, unforked ones drawn together; return the root's index."""
    start = len(nodes)
    queue = [("", root)]

    def later(run: str, branch: _Branch) -> int:
        while len(branch.next) == 1 and not (branch.wild or branch.prefix or branch.exact):
            ((character, branch),) = branch.next.items()
            run += character
        queue.append((run, branch))
        return start + len(queue) - 1

    for run, branch in queue:  # it grows as we go
        after = {first: later(first, child) for first, child in sorted(branch.next.items())}
        wild = 0
        if branch.wild:
            queue.append(("", branch.wild))
            wild = start + len(queue) - 1
        nodes.append(Node(run, after, wild, tuple(branch.prefix), tuple(branch.exact)))
    return start


def _compiled(rule: Rule) -> CompiledRule:
    conditions = tuple(
        Condition(_text(name), None if re.search(_VARIABLE, value) else _text(value))
        for name, value in sorted(rule.query.items())
    )
    return CompiledRule(rule.pattern, rule.metric, rule.delta, rule.last, conditions, rule.backend)


def _text(escaped: str) -> str:
    return unquote_to_bytes(escaped).decode(errors="replace")


# --- matching --------------------------------------------------------------------------------


def match(
    trie: Trie, method: str, path: str, *, query: str = "", form: str = "", backend: str = ""
) -> Match:
    """Return what a call uses. ``path`` is escaped, ``query`` and ``form`` are raw.

    An argument is looked for in ``form`` first; the last one of a name counts. ``backend`` is the
    one that the call is routed to: rules of other backends match, but their usage is left out. A
    metric whose sum is not above zero is not used.
    """
    usage: dict[str, int] = {}
    places = tuple(_matching(trie, method, path, (form, query)))
    matching = [trie.rules[place] for place in places]
    for rule in matching:
        if not (backend and rule.backend and rule.backend != backend):
            usage[rule.metric] = usage.get(rule.metric, 0) + rule.delta
    counted = {metric: units for metric, units in usage.items() if units > 0}
    return Match(counted, tuple(rule.pattern for rule in matching), places)


def _matching(trie: Trie, method: str, path: str, sources: tuple[str, ...]) -> Iterator[int]:
    for index in sorted(_fitting(trie, method, path)):
        rule = trie.rules[index]
        if all(_holds(condition, sources) for condition in rule.conditions):
            yield index
            if rule.last:
                return


def _fitting(trie: Trie, method: str, path: str) -> set[int]:
    """Return the rules whose method and path fit.

    Wildcards may end in many places, so this follows all of them at once. A pair of node and
    position is looked at once: the work is bounded by nodes times length, whatever the path.
    """
    start = trie.methods.get(method, trie.methods.get(ANY))
    todo = [] if start is None else [(start, 0)]
    seen = set(todo)
    fitting: set[int] = set()
    while todo:
        index, at = todo.pop()
        node = trie.nodes[index]
        fitting.update(node.prefix)
        if at == len(path):
            fitting.update(node.exact)
        for place in _onward(trie, index, path, at):
            if place not in seen:
                seen.add(place)
                todo.append(place)
    return fitting


def _onward(trie: Trie, index: int, path: str, at: int) -> Iterator[tuple[int, int]]:
    node = trie.nodes[index]
    after = node.next.get(path[at : at + 1])
    if after is not None and path.startswith(run := trie.nodes[after].run, at):
        yield after, at + len(run)
    if _WILD.match(path, at):
        if node.wild:
            yield node.wild, at + 1
        if not node.run and at:  # a wildcard led here, and may take one more
            yield index, at + 1


def _holds(condition: Condition, sources: tuple[str, ...]) -> bool:
    name = condition.name.encode()
    found = (value for source in sources if (value := _last(source, name)) is not None)
    value = next(found, None)
    return value is not None and (condition.value is None or condition.value.encode() == value)


def _last(arguments: str, name: bytes) -> bytes | None:
    found = None
    for pair in arguments.replace("+", " ").split("&"):
        key, _, value = pair.partition("=")
        if unquote_to_bytes(key) == name:
            found = unquote_to_bytes(value)
    return found
