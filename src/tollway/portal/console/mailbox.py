"""The mail that the portal has made, to be read where no server takes it (`TOLLWAY_MAILBOX`).

An admin reads what was written about their tenant's affairs; the operator, also what went to the
admins of tenants. Who has just signed up can sign in nowhere yet: on an installation of one machine
that browser's session, and no other, is shown the very messages that its sign-up wrote
(``remember``). Nothing is told by an address: whoever copies one sees nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import net
from tollway.config import Settings
from tollway.portal.console import shell
from tollway.portal.console.shell import Section
from tollway.portal.mail.models import Mail
from tollway.portal.mail.selectors import mails_of
from tollway.portal.mail.services import content_of
from tollway.portal.web.headers import CONTENT_SECURITY_POLICY
from tollway.portal.web.site import site_of

PER_PAGE = 50
OF_TENANT, OF_VISITOR = "mailbox", "visitors-mailbox"  # the names of their pages
# A message is shown as what it is, a document of its own: no scripts, no cookies, no forms.
FRAMED = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ]
)
_SESSION = "mailbox"
_REMEMBERED_MAX = 5


class Box(Struct, frozen=True):
    """Whose messages, and under which names their pages are."""

    mails: QuerySet[Mail]
    pages: str


def remember(request: HttpRequest, mail: Mail) -> None:
    """Let this browser read a message that its own sign-up wrote, if nobody else could."""
    if open_to_visitors(settings.TOLLWAY):
        kept = [*_remembered(request), mail.pk][-_REMEMBERED_MAX:]
        request.session[_SESSION] = {"site": site_of(request).key, "mails": kept}


def open_to_visitors(given: Settings) -> bool:
    """Say whether only this machine's own browsers get here, and there is no other mailbox.

    Reading the link in a mail proves an address. Where anybody could sign up, it must not be shown
    to whoever does; on a machine that only its owner reaches, there is nobody to prove it to.
    """
    return given.mailbox and given.smtp is None and on_one_machine(given)


def on_one_machine(given: Settings) -> bool:
    """Say whether nobody gets to this installation but from the machine that it runs on."""
    alone = given.bind in net.LOOPBACK and not given.trusted_proxies
    return alone and net.is_localhost(given.domain)


def newest_of_visitor(request: HttpRequest) -> str:
    """Return the address of the message that this browser was last let read, "" without one."""
    mails = _remembered(request) if open_to_visitors(settings.TOLLWAY) else []
    return reverse("visitors-mailbox-mail", args=mails[-1:]) if mails else ""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, _of_tenant(request))


@require_safe
def show(request: HttpRequest, mail_id: int) -> HttpResponse:
    return _show(request, _of_tenant(request), mail_id)


@require_safe
def html(request: HttpRequest, mail_id: int) -> HttpResponse:
    return _html(_of_tenant(request), mail_id)


@require_safe
def visitors_index(request: HttpRequest) -> HttpResponse:
    return _index(request, _of_visitor(request))


@require_safe
def visitors_show(request: HttpRequest, mail_id: int) -> HttpResponse:
    return _show(request, _of_visitor(request), mail_id)


@require_safe
def visitors_html(request: HttpRequest, mail_id: int) -> HttpResponse:
    return _html(_of_visitor(request), mail_id)


def _of_tenant(request: HttpRequest) -> Box:
    if not settings.TOLLWAY.mailbox:
        raise Http404
    return Box(mails_of(site_of(request).tenant), OF_TENANT)


def _of_visitor(request: HttpRequest) -> Box:
    if not open_to_visitors(settings.TOLLWAY):
        raise Http404
    mails = Mail.objects.filter(pk__in=_remembered(request)).order_by("-id")
    return Box(mails, OF_VISITOR)


def _remembered(request: HttpRequest) -> list[int]:
    kept = request.session.get(_SESSION, {})
    return list(kept["mails"]) if kept.get("site") == site_of(request).key else []


def _index(request: HttpRequest, box: Box) -> HttpResponse:
    page = Paginator(box.mails, PER_PAGE).get_page(request.GET.get("page"))
    return _render(request, box, "mailbox", {"page": page})


def _show(request: HttpRequest, box: Box, mail_id: int) -> HttpResponse:
    mail = get_object_or_404(box.mails, pk=mail_id)
    as_text = request.GET.get("form") == "text"
    context = {"mail": mail, "content": content_of(mail), "as_text": as_text}
    response = _render(request, box, "mail", context)
    response["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _render(request: HttpRequest, box: Box, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Render within the portal's frame for who has signed in, without one for a visitor."""
    context = {**context, "pages": box.pages, "site": site_of(request)}
    if box.pages == OF_TENANT:
        return shell.show(request, f"console/{name}.html", Section(""), context)
    return render(request, f"console/{name}_of_visitor.html", context)


def _html(box: Box, mail_id: int) -> HttpResponse:
    content = content_of(get_object_or_404(box.mails, pk=mail_id))
    if content is None:
        raise Http404
    response = HttpResponse(content.html)
    response["Content-Security-Policy"] = FRAMED
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
