"""Which call is which: methods and paths of the internal API (section 17), as they are matched.

A path arrives unescaped, so a slash in an id cannot be told from one between two parts: only what
stands last may have slashes in it, keys of all sorts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tollway.authority.internal import (
    applications,
    credentials,
    looking,
    plans,
    services,
    tokens,
)
from tollway.authority.internal.answers import Answer
from tollway.authority.internal.calls import Call, Handler, drafted
from tollway.store.changing import Draft

Step = Callable[[Draft, Call], Answer]

_SERVICE = "/services/([^/]+)"
_APPLICATIONS = f"{_SERVICE}/applications"
_ONE = f"{_APPLICATIONS}/([^/]+)"
_METRIC = f"{_SERVICE}/metrics/([^/]+)"
_LIMIT = f"{_SERVICE}/plans/([^/]+)/usagelimits/([^/]+)/([^/]+)"

# Of one change each, or only reading.
_STEPS: tuple[tuple[str, str, Step], ...] = (
    ("PUT", "/services/change_provider_key/(.+)", services.change_provider_key),
    ("GET", f"{_SERVICE}/?", services.get),
    ("DELETE", f"{_SERVICE}/?", services.delete),
    ("POST", "/service_tokens/?", tokens.post),
    ("DELETE", "/service_tokens/?", tokens.delete),
    ("GET", "/service_tokens/(.+)/([^/]+)/provider_key/?", tokens.provider_key),
    ("HEAD", "/service_tokens/(.+)/([^/]+)/", tokens.head),
    ("HEAD", "/service_tokens/(.+)/([^/]+)", tokens.head),
    ("GET", f"{_APPLICATIONS}/key/(.+)", credentials.get_by_user_key),
    ("DELETE", f"{_APPLICATIONS}/key/(.+)", credentials.delete_user_key),
    ("PUT", f"{_ONE}/key/(.+)", credentials.put_user_key),
    ("GET", f"{_ONE}/?", applications.get),
    ("POST", f"{_ONE}/?", applications.post),
    ("PUT", f"{_ONE}/?", applications.put),
    ("DELETE", f"{_ONE}/?", applications.delete),
    ("GET", f"{_ONE}/keys/?", credentials.get_keys),
    ("POST", f"{_ONE}/keys/?", credentials.post_key),
    ("DELETE", f"{_ONE}/keys/(.+)", credentials.delete_key),
    ("GET", f"{_ONE}/referrer_filters/?", credentials.get_filters),
    ("POST", f"{_ONE}/referrer_filters/?", credentials.post_filter),
    ("DELETE", f"{_ONE}/referrer_filters/([^/]+)", credentials.delete_filter),
    ("GET", f"{_METRIC}/?", plans.get_metric),
    ("POST", f"{_METRIC}/?", plans.post_metric),
    ("PUT", f"{_METRIC}/?", plans.put_metric),
    ("DELETE", f"{_METRIC}/?", plans.delete_metric),
    ("GET", f"{_LIMIT}/?", plans.get_limit),
    ("PUT", f"{_LIMIT}/?", plans.put_limit),
    ("DELETE", f"{_LIMIT}/?", plans.delete_limit),
    ("GET", f"{_SERVICE}/alert_limits/?", plans.get_alert_limits),
    ("POST", f"{_SERVICE}/alert_limits/?", plans.post_alert_limit),
    ("DELETE", f"{_SERVICE}/alert_limits/([^/]+)/?", plans.delete_alert_limit),
    ("DELETE", f"{_SERVICE}/errors/?", looking.delete_errors),
    ("GET", "/events/?", looking.get_events),
    ("DELETE", "/events/([0-9]{1,15})/?", looking.delete_event),
    ("DELETE", "/events/?", looking.delete_events),
    ("DELETE", f"{_SERVICE}/stats/?", looking.delete_stats),
)
# Of several steps, or none.
_HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/check.json", looking.check),
    ("GET", "/status", looking.status),
    ("POST", "/services/?", services.post),
    ("PUT", f"{_SERVICE}/?", services.put),
    ("PUT", f"{_APPLICATIONS}/batch/?", applications.batch),
    ("GET", f"{_ONE}/utilization/?", looking.utilization),
    ("GET", f"{_SERVICE}/errors/?", looking.get_errors),
)
_PATHS = [
    (method, re.compile(pattern, re.DOTALL), handler)
    for method, pattern, handler in (
        *_HANDLERS,
        *((method, pattern, drafted(step)) for method, pattern, step in _STEPS),
    )
]


def handler_of(method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    """Find who answers, and what the path names; HEAD is answered as GET is."""
    for known, pattern, handler in _PATHS:
        if known not in _asked(method):
            continue
        if found := pattern.fullmatch(path):
            return handler, found.groups()
    return None


def _asked(method: str) -> tuple[str, ...]:
    return ("HEAD", "GET") if method == "HEAD" else (method,)
