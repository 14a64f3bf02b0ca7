"""Sessions that hold for one tenant and one side of it, and for nothing else.

Cookies are host-only, so a browser never carries one over. Should somebody else do so, the session
names the site it was made on, and its user is only looked for among those who sign in there.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import User
from tollway.portal.web.site import site_of

_SITE, _USER, _PROOF = "site", "user", "proof"


def sign_in(request: HttpRequest, user: User) -> None:
    """Start a session under a new key; what an anonymous visitor left behind is dropped."""
    request.session.flush()
    request.session[_SITE] = site_of(request).key
    request.session[_USER] = user.pk
    request.session[_PROOF] = user.get_session_auth_hash()
    rotate_token(request)


def sign_out(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)


def signed_in(request: HttpRequest) -> User | None:
    """Return the admin of this site who is signed in, if anybody is.

    A new password ends every session made with the old one, a suspension all of a user's or a
    tenant's.
    """
    site = site_of(request)
    if not site.administers or site.tenant.is_closed or request.session.get(_SITE) != site.key:
        return None
    user = selectors.admins_of(site.tenant).filter(pk=request.session.get(_USER, 0)).first()
    if user is None or user.state != User.State.ACTIVE:
        return None
    proof = str(request.session.get(_PROOF, ""))
    return user if constant_time_compare(proof, user.get_session_auth_hash()) else None
