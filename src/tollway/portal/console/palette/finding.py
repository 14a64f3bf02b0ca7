"""Finding products, backends, accounts and applications: by name, by id, by key.

A key is looked up by its digest, and neither it nor its place in a name is shown. Each kind costs a
bounded number of queries, however many rows there are; names are read through in the tenant's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import ID_DIGITS_MAX
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Backend, Product
from tollway.portal.console import places
from tollway.portal.console.palette.hits import Hit, matched
from tollway.portal.console.sight import Sight

SHOWN = 5  # of each kind
LETTERS_MIN = 2  # for what there may be a hundred thousand of
KEY_LETTERS_MIN = 8  # shorter ones are nobody's key


M = TypeVar("M", bound=Model)


class Asked(Struct, frozen=True):
    text: str

    @property
    def number(self) -> int | None:
        """Return the text as an id, if it can be one."""
        plain = self.text.isascii() and self.text.isdecimal() and len(self.text) <= ID_DIGITS_MAX
        return int(self.text) if plain else None

    @property
    def long_enough(self) -> bool:
        return len(self.text) >= LETTERS_MIN or self.number is not None

    def about(self, *fields: str) -> Q:
        """Look for the text in these fields, and for a row with this id."""
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": self.text})
        return found if self.number is None else found | Q(pk=self.number)

    def rank(self, field: str) -> Case:
        """Order rows: those with this id first, then whose field begins with the text."""
        begins = When(Q(**{f"{field}__istartswith": self.text}), then=Value(1))
        cases = [begins] if self.number is None else [When(pk=self.number, then=Value(0)), begins]
        return Case(*cases, default=Value(2), output_field=IntegerField())


def products(sight: Sight, asked: Asked) -> list[Product]:
    if not sight.products_listed:
        return []
    found = sight.products().filter(asked.about("name", "system_name"))
    return list(found.order_by(asked.rank("name"), "name")[:SHOWN])


def backends(sight: Sight, asked: Asked) -> list[Backend]:
    if not sight.setup:
        return []
    found = catalog.backends_of(sight.tenant).filter(asked.about("name", "system_name"))
    return list(found.order_by(asked.rank("name"), "name")[:SHOWN])


def found_accounts(sight: Sight, asked: Asked) -> list[Account]:
    """Find by a part of the organisation's name, or a user's whole name or e-mail address."""
    if not (sight.audience and asked.long_enough):
        return []
    rows = accounts.accounts_of(sight.tenant)
    login = accounts.developer_by_login(sight.tenant, asked.text)
    named = rows.filter(asked.about("org_name")).order_by(asked.rank("org_name"), "org_name")
    whose = [] if login is None or login.account is None else [login.account]
    return _distinct([*whose, *named[:SHOWN]])[:SHOWN]


def found_applications(sight: Sight, asked: Asked) -> tuple[list[Application], bool]:
    """Find by a part of the name, the id here or on the wire, or a user key.

    Return them, and whether the text is one of the latter two: then there is only one.
    """
    if not (sight.audience and asked.long_enough):
        return [], False
    by_key = _by_credential(sight, asked)
    if by_key:
        return by_key, True
    rows: QuerySet[Application] = sight.within(
        applications.applications_of(sight.tenant), "product"
    )
    named = rows.filter(asked.about("name")).order_by(asked.rank("name"), "name")
    return list(named[:SHOWN]), False


def _by_credential(sight: Sight, asked: Asked) -> list[Application]:
    if len(asked.text) < KEY_LETTERS_MIN or " " in asked.text:
        return []
    found = [
        applications.application_by_app_id(sight.tenant, asked.text),
        applications.application_by_user_key(sight.tenant, asked.text),
    ]
    return _distinct([each for each in found if each and sight.shows(each.product_id)])


def product_hit(product: Product, text: str = "") -> Hit:
    where = places.product(product.pk)
    return Hit(
        product.name, "Product", "packages", where, "" if where else product.system_name,
        matched(product.name, text),
    )  # fmt: skip


def backend_hit(backend: Backend, text: str = "") -> Hit:
    where = places.backend(backend.pk)
    return Hit(
        backend.name, "Backend", "server-2", where, "" if where else backend.system_name,
        matched(backend.name, text),
    )  # fmt: skip


def account_hit(account: Account, text: str = "") -> Hit:
    where = places.account(account.pk)
    state = "" if account.state == Account.State.APPROVED else f" · {account.get_state_display()}"
    return Hit(
        account.org_name, f"Account{state}", "building", where, "" if where else str(account.pk),
        matched(account.org_name, text),
    )  # fmt: skip


def application_hit(application: Application, text: str = "") -> Hit:
    where = places.application(application.pk)
    about = ["Application", application.account.org_name, application.product.name]
    if application.state != Application.State.LIVE:
        about.append(application.get_state_display())
    return Hit(
        application.name, " · ".join(about), "app-window", where,
        "" if where else application.application_id, matched(application.name, text),
    )  # fmt: skip


def _distinct(rows: Sequence[M]) -> list[M]:
    return list({row.pk: row for row in rows}.values())
