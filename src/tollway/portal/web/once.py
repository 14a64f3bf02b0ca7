"""Sending a form twice does what it says once.

A form that creates something carries `{% once %}`, a number that nobody else has. Its view is
wrapped, and answers a redirect when the thing is made:

    @once
    def create(request: HttpRequest) -> HttpResponse: ...

The same number a second time leads to where the first one led. The number is a row, written in the
transaction of the act: of two that arrive together one waits for the other. So such a view must not
call anything over the network.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tollway import clock
from tollway.portal.web.models import Submission
from tollway.portal.web.site import site_of

FIELD = "once"
KEPT = timedelta(days=1)
_NONCE = re.compile(r"[\w-]{20,64}", re.ASCII)


def nonce() -> str:
    return secrets.token_urlsafe(24)


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view act once for each number of its form; a form without one is let through.

    What the view writes is kept only if it answers with a redirect.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:  # noqa: ANN401  (of the route)
        sent = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not _NONCE.fullmatch(sent):
            return view(request, **parts)
        now = clock.utc_now()
        tenant = site_of(request).tenant
        with transaction.atomic():
            Submission.objects.filter(at__lte=now - KEPT).delete()
            row, is_first = Submission.objects.get_or_create(
                tenant=tenant, nonce=sent, defaults={"at": now}
            )
            if not is_first:
                return _lead(request, row.led_to)
            response = view(request, **parts)
            row.led_to = response.get("Location") or response.get("HX-Redirect") or ""
            if row.led_to:
                row.save(update_fields=["led_to"])
            else:
                transaction.set_rollback(True)
        return response

    return guarded


def _lead(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
