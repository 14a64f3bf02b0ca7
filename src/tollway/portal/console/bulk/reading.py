"""Which rows an address selects: those that were ticked, or all that a list's filter lets through.

A list that cannot read a filter shows everything. Here that would act on everything: so a filter
that cannot be read is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from tollway.portal.accounts.selectors import accounts_of
from tollway.portal.bulk.subjects import Ids, Selection, Subject
from tollway.portal.catalog.models import Product
from tollway.portal.console.accounts.filters import AccountFilters
from tollway.portal.console.applications.filters import ApplicationFilters
from tollway.portal.console.contracts.filters import SubscriptionFilters
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.sight import sight_of
from tollway.portal.console.ticking import ALL, ROWS
from tollway.portal.web.forms import PageForm, chosen_id
from tollway.portal.web.listing import PAGE, SORT, TEXT, text_of

IDS_MAX = 500
OF_PRODUCT, OF_ACCOUNT = "of_product", "of_account"
OWN = frozenset({ALL, ROWS, OF_PRODUCT, OF_ACCOUNT})


class UnreadableError(Exception):
    """A list's filter names what is no choice, or is not there any more."""


def selection_of(request: HttpRequest, subject: Subject, given: QueryDict) -> Selection:
    """Return what is selected. Raises ``UnreadableError``, or ``Http404`` for what is away."""
    if given.get(ALL):
        return _READERS[subject](request, given)
    sent = given.getlist(ROWS)[:IDS_MAX]
    return Ids(tuple(sorted({chosen_id(pk) for pk in sent} - {0})))


def kept(given: QueryDict) -> list[tuple[str, str]]:
    """Return what says which rows, to be sent along with the answer to the question."""
    if given.get(ALL):
        of = [(name, said(given, name)) for name in (OF_PRODUCT, OF_ACCOUNT) if given.get(name)]
        return [(ALL, "1"), *of, *_filters(given)]
    return [(ROWS, pk) for pk in given.getlist(ROWS)[:IDS_MAX]]


def said(given: QueryDict, name: str) -> str:
    """Return a parameter as text, "" where there is none."""
    return str(given.get(name, ""))


def list_of(subject: Subject, given: QueryDict | None = None) -> str:
    """Return the address of the list that the rows are from, narrowed down as it was."""
    given = given or QueryDict()
    name, parts = subject.value, []
    for of, start in ((OF_PRODUCT, "product"), (OF_ACCOUNT, "account")):
        if pk := chosen_id(said(given, of)):
            name, parts = f"{start}-{subject.value}", [pk]
    narrowed = urlencode(_filters(given))
    address = reverse(name, args=parts)
    return f"{address}?{narrowed}" if narrowed else address


_NOT_FILTERS = OWN | {"csrfmiddlewaretoken", "once", "preview", "subject", "body", "to_plan"}


def _filters(given: QueryDict) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in given.lists()
        for value in values
        if name not in _NOT_FILTERS and value
    ]


def _readable(form: PageForm, given: QueryDict) -> None:
    known = {*form.fields, TEXT, SORT, PAGE}
    if not form.is_valid() or any(name not in known for name, _ in _filters(given)):
        raise UnreadableError


def _accounts(request: HttpRequest, given: QueryDict) -> Selection:
    form = AccountFilters(given, sight_of(request), with_state=True)
    _readable(form, given)
    return form.wanted(text=text_of(given))


def _applications(request: HttpRequest, given: QueryDict) -> Selection:
    product, account = _product(request, given), _account(request, given)
    form = ApplicationFilters(
        given, sight_of(request), product=product, of_account=account is not None
    )
    _readable(form, given)
    return form.wanted(
        product=product.pk if product else None, account=account, text=text_of(given)
    )


def _subscriptions(request: HttpRequest, given: QueryDict) -> Selection:
    product, account = _product(request, given), _account(request, given)
    form = SubscriptionFilters(given, sight_of(request), product.pk if product else None)
    _readable(form, given)
    return form.wanted(account_id=account, text=text_of(given))


def _product(request: HttpRequest, given: QueryDict) -> Product | None:
    pk = said(given, OF_PRODUCT)
    return product_or_404(request, chosen_id(pk)) if pk else None


def _account(request: HttpRequest, given: QueryDict) -> int | None:
    if not given.get(OF_ACCOUNT):
        return None
    pk = chosen_id(said(given, OF_ACCOUNT))
    if not accounts_of(sight_of(request).tenant).filter(pk=pk).exists():
        raise Http404
    return pk


_READERS: Mapping[Subject, Callable[[HttpRequest, QueryDict], Selection]] = {
    Subject.ACCOUNTS: _accounts,
    Subject.APPLICATIONS: _applications,
    Subject.SUBSCRIPTIONS: _subscriptions,
}
