"""What the forms that are open to everybody share, on either side: who is there, and where to."""

from __future__ import annotations

import time

from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import request_password_reset
from tollway.portal.events.actors import Actor
from tollway.portal.mail.models import Audience
from tollway.portal.web import throttle
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import LETTER, Attempt, Rule

# Longer than it takes to write a letter: a question about a name is not answered sooner.
ANSWER_AFTER_S = 0.25


def visitor(request: HttpRequest) -> Actor:
    """Return who makes a change while nobody is signed in, for the event log."""
    return Actor("visitor", request_id=site_of(request).request_id)


def attempt(request: HttpRequest, rule: Rule, name: str) -> Attempt:
    """Record that this visitor sends a form about ``name``; it may have to wait."""
    address = request.META.get("REMOTE_ADDR", "")
    return throttle.begin(site_of(request).tenant, name, address, at=clock.now(), rule=rule)


def send_link(request: HttpRequest, audience: Audience, login: str) -> Attempt:
    """Write the link for a new password to whoever has that name, unless one has to wait.

    It takes the same time whether anybody has.
    """
    began_s = clock.since_boot_s()
    trial = attempt(request, LETTER, login)
    if not trial.refusal:
        tenant, by = site_of(request).tenant, visitor(request)
        request_password_reset(tenant, audience, login, by=by)
        time.sleep(rest_s(began_s, now_s=clock.since_boot_s()))
    return trial


def matches(user: User | None, password: str) -> bool:
    """Take as long for a name that nobody has as for a wrong password."""
    if user is None:
        make_password(password)
        return False
    return check_password(password, user.password)


def safe_path(request: HttpRequest, target: str, *, otherwise: str) -> str:
    """Return ``target`` if it is a path of this very host, else ``otherwise``."""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if safe and target.startswith("/") else otherwise


def rest_s(began_s: float, *, now_s: float) -> float:
    """Return how long the answer to a question about a name has to wait yet."""
    return max(0.0, began_s + ANSWER_AFTER_S - now_s)
