"""Why a known application may still not call, limits apart (Service Management API, 6.3).

Pure checks on records that have been found, in the order of section 5.1; the first that fails is
the reason.
"""

from __future__ import annotations

from tollway.authority import answers
from tollway.authority.answers import Denied
from tollway.authority.cases import ProductCase
from tollway.authority.request import Authorize, Redirect
from tollway.core import admission
from tollway.core.admission import ACTIVE, Fault
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application


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
    fault = admission.key_fault(
        product.mode,
        key,
        [known.digest for known in application.keys],
        lambda text: keyring.digest("app_key", product.id, application.id, text),
    )
    if fault is None:
        return None
    return answers.APP_KEY_MISSING if fault is Fault.MISSING else answers.app_key_invalid(str(key))


def _redirect(redirect: Redirect | None, application: Application) -> Denied | None:
    if redirect is None or redirect.url in {"", application.redirect_url}:
        return None
    return answers.redirect_invalid(redirect.name, redirect.url)


def _referrer(
    referrer: str | None, product: ProductCase, application: Application
) -> Denied | None:
    fault = admission.referrer_fault(
        product.referrers_required, referrer, application.referrer_filters
    )
    if fault is None:
        return None
    missing = fault is Fault.MISSING
    return answers.REFERRER_MISSING if missing else answers.referrer_not_allowed(str(referrer))
