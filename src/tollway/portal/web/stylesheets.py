"""Leaving out of a stylesheet what no page can use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

# A comment, or a piece of text up to and with the sign that ends it; signs in strings end nothing.
_PIECE = re.compile(
    r"""/\*.*?\*/|(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^"'{};/]|/(?!\*))*[{};]""", re.DOTALL
)
_CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
_GROUPS = ("@media", "@supports", "@container", "@layer")


def trim(css: str, words: AbstractSet[str]) -> str:
    """Keep the rules whose selectors name no class, or only classes among ``words``.

    Of a list of selectors those stay that can match. What `:not()`, `:is()` and their like name is
    not looked at. At-rules other than groups of rules stay whole; comments go.

    >>> trim(".a,.b{x:y}@media print{.b{x:y}}.a .b{x:y}p{x:y}@font-face{x:y}", {"a"})
    '.a{x:y}p{x:y}@font-face{x:y}'
    """
    pieces = (piece for piece in _PIECE.findall(css) if not piece.startswith("/*"))
    return "".join(_rules(pieces, words))


def _rules(pieces: Iterator[str], words: AbstractSet[str]) -> Iterator[str]:
    """Yield the rules that stay, up to the end of the group that they are in."""
    for piece in pieces:
        head, sign = piece[:-1].strip(), piece[-1]
        if sign == "}":
            return
        if sign == ";":
            yield piece
        elif head.startswith(_GROUPS):
            if rules := "".join(_rules(pieces, words)):
                yield f"{head}{{{rules}}}"
        else:
            body = _block(pieces)
            if usable := head if head.startswith("@") else _usable(head, words):
                yield f"{usable}{{{body}"


def _block(pieces: Iterator[str]) -> str:
    """Return the text of a block whose brace has been opened, with all that is nested in it."""
    depth, taken = 1, []
    while depth:
        piece = next(pieces)
        taken.append(piece)
        depth += {"{": 1, "}": -1, ";": 0}[piece[-1]]
    return "".join(taken)


def _usable(selectors: str, words: AbstractSet[str]) -> str:
    """Return those of a list of selectors that can match something."""
    return ",".join(
        selector
        for selector in _split(selectors)
        if all(name.replace("\\", "") in words for name in _CLASS.findall(_bare(selector)))
    )


def _split(selectors: str) -> list[str]:
    """Split at the commas that stand outside of parentheses and brackets."""
    found, depth = [""], 0
    for sign in selectors:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def _bare(selector: str) -> str:
    """Leave out what stands in parentheses and brackets."""
    while (shorter := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", selector)) != selector:
        selector = shorter
    return selector
