"""Why a known application may still not call, limits apart (Service Management API, 6.3).

Pure checks on records that have been found, in the order of section 5.1; the first that fails is
the reason.
"""

from __future__ import annotations

import hmac

from tollway.authority import answers
from tollway.authority.answers import Denied
from tollway.authority.cases import ProductCase
from tollway.authority.request import Authorize, Redirect
from tollway.core import referrers
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application

ACTIVE = "active"


def denied(
    ask: Authorize, product: ProductCase, application: Application, keyring: Keyring
) -> Denied | None:
    if ask.oauth and product.mode != "oauth":
        return answers.OAUTH_NOT_ENABLED
    return (
        _app_key(ask.app_key, product, application, keyring)
        or _redirect(ask.redirect, application)
        or _referrer(ask.referrer, product, application)
        or (None if application.state == ACTIVE else answers.APPLICATION_NOT_ACTIVE)
        or (None if product.active else answers.SERVICE_NOT_ACTIVE)
    )


def _app_key(
    key: str | None, product: ProductCase, application: Application, keyring: Keyring
) -> Denied | None:
    """Check the application key: never with user keys, with OAuth only if one was sent.

    An application without keys accepts any, but not with OAuth.
    """
    if product.mode == "1":
        return None
    if key is None if product.mode == "oauth" else not application.keys:
        return None
    if not key:
        return answers.APP_KEY_MISSING
    digest = keyring.digest("app_key", product.id, application.id, key)
    if any(hmac.compare_digest(digest, known.digest) for known in application.keys):
        return None
    return answers.app_key_invalid(key)


def _redirect(redirect: Redirect | None, application: Application) -> Denied | None:
    if redirect is None or redirect.url in {"", application.redirect_url}:
        return None
    return answers.redirect_invalid(redirect.name, redirect.url)


def _referrer(
    referrer: str | None, product: ProductCase, application: Application
) -> Denied | None:
    if not product.referrers_required or not application.referrer_filters:
        return None
    if referrer is None or not referrer.strip():
        return answers.REFERRER_MISSING
    if referrers.allowed(referrer, application.referrer_filters):
        return None
    return answers.referrer_not_allowed(referrer)
