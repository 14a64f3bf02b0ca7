"""The account that a page is about."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account
from tollway.portal.web.site import site_of


def account_or_404(request: HttpRequest, account_id: int) -> Account:
    account = selectors.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    return account
