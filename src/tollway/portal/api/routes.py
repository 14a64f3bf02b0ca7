"""The URLs of the API, made from the rows of ``operations``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.urls import URLPattern, re_path

from tollway.portal.api.endpoint import Endpoint, not_found
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS

_VARIABLE = re.compile(r"\{(\w+)\}")

# What a path's variable may hold. Numbers are short enough for any database's integer. A key may
# hold every printable character, a slash too, so it ends where the path does.
_HOLDS = {"environment": r"[A-Za-z_]+", "key": r".+?"}
_NUMBER = r"\d{1,18}"
_SUFFIX = r"(?P<suffix>\.[A-Za-z0-9]+)?"
_SUFFIX_OF_KEY = r"(?P<suffix>\.(?:json|xml))?"


def patterns(operations: Iterable[Operation]) -> Iterator[URLPattern]:
    """Yield one URL per path. PUT and PATCH are the same verb unless rows tell them apart."""
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    for path, methods in by_path.items():
        for verb, twin in (("PUT", "PATCH"), ("PATCH", "PUT")):
            if twin in methods:
                methods.setdefault(verb, methods[twin])
        yield re_path(_regex(path), Endpoint(methods), name=path)


def _regex(path: str) -> str:
    """Return the pattern of a path template.

    >>> re.fullmatch(_regex("/a/{id}"), "a/7.json").groupdict()
    {'id': '7', 'suffix': '.json'}
    """
    suffix = _SUFFIX_OF_KEY if path.endswith("{key}") else _SUFFIX
    named = _VARIABLE.sub(lambda m: f"(?P<{m[1]}>{_HOLDS.get(m[1], _NUMBER)})", path.lstrip("/"))
    return rf"^{named}{suffix}$"


urlpatterns = [
    *patterns(OPERATIONS),
    re_path(r"^(?:admin/api|master/api|api|stats)/.*?(?P<suffix>\.[A-Za-z0-9]+)?$", not_found),
]
