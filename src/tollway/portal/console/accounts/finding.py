"""Accounts for their pages: found by what people know of them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.selectors import Filter, matching_applications
from tollway.portal.console.sight import Sight
from tollway.portal.web.site import site_of


def account_or_404(request: HttpRequest, account_id: int) -> Account:
    account = selectors.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    return account


def about(sight: Sight, accounts: QuerySet[Account], text: str) -> QuerySet[Account]:
    """Keep accounts with ``text`` in the name, a user with it, or an application with that key."""
    users = User.objects.filter(tenant=sight.tenant, account=OuterRef("pk")).filter(
        Q(username__icontains=text) | Q(email__icontains=text)
    )
    matching = matching_applications(sight.tenant, Filter(text=text))
    applications = sight.within(matching, "product").order_by()
    return accounts.filter(
        Q(org_name__icontains=text) | Exists(users) | Q(pk__in=applications.values("account"))
    )
