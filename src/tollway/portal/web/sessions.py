"""Sessions that hold for one tenant and one side of it, and for nothing else.

Cookies are host-only, so a browser never carries one over. Should somebody else do so, the session
names the site it was made on, and its user is only looked for among those who sign in there.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare
from msgspec import Struct

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, SupportVisit, User
from tollway.portal.accounts.visits import visit_by_id
from tollway.portal.web.site import site_of

_SITE, _USER, _VISIT, _PROOF = "site", "user", "visit", "proof"


class Developer(Struct, frozen=True):
    """Who is signed in on the developers' side; with a ``visit``, support acts as ``user``."""

    user: User
    account: Account
    visit: SupportVisit | None = None


def sign_in(request: HttpRequest, user: User) -> None:
    """Start a session under a new key; what an anonymous visitor left behind is dropped."""
    request.session.flush()
    request.session[_SITE] = site_of(request).key
    request.session[_USER] = user.pk
    request.session[_PROOF] = user.get_session_auth_hash()
    rotate_token(request)


def sign_in_support(request: HttpRequest, visit: SupportVisit) -> None:
    """Start a session, under a new key, in which an admin acts as a developer."""
    request.session.flush()
    request.session[_SITE] = site_of(request).key
    request.session[_VISIT] = visit.pk
    request.session[_PROOF] = visit.admin.get_session_auth_hash()
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
    return user if _proved(request, user) else None


def developer_signed_in(request: HttpRequest) -> Developer | None:
    """Return who is signed in on the developers' side of this site, if anybody is.

    What ends an admin's session ends a developer's: and so does an account that is not approved,
    and support's visit once it has ended.
    """
    site = site_of(request)
    if site.administers or site.tenant.is_closed or request.session.get(_SITE) != site.key:
        return None
    if pk := request.session.get(_VISIT):
        visit = visit_by_id(site.tenant, pk)
        if visit is None or not _proved(request, visit.admin):
            return None
        return Developer(visit.developer, _account(visit.developer), visit)
    users = selectors.developers_of(site.tenant).filter(pk=request.session.get(_USER, 0))
    user = users.first()
    if user is None or not may_sign_in(user) or not _proved(request, user):
        return None
    return Developer(user, _account(user))


def may_sign_in(developer: User) -> bool:
    """Say whether the user is active, and the account approved (feature map, US2 and DP4)."""
    approved = _account(developer).state == Account.State.APPROVED
    return approved and developer.state == User.State.ACTIVE


def _account(developer: User) -> Account:
    assert developer.account is not None  # noqa: S101  (what makes a user a developer)
    return developer.account


def _proved(request: HttpRequest, user: User) -> bool:
    proof = str(request.session.get(_PROOF, ""))
    return constant_time_compare(proof, user.get_session_auth_hash())
