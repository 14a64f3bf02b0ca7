"""What a user may see of a tenant: by permissions, and by the products that a member is kept to."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product
from tollway.portal.console.pages import user_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import site_of

M = TypeVar("M", bound=Model)


class Sight(Struct, frozen=True):
    """``allowed``: the ids of the products that the user may see, None for all."""

    tenant: Tenant
    user: User
    allowed: frozenset[int] | None

    def into(self, section: User.Section) -> bool:
        return self.user.permitted(section)

    @property
    def audience(self) -> bool:
        """Accounts, applications and their keys."""
        return self.into(User.Section.PARTNERS)

    @property
    def usage(self) -> bool:
        return self.into(User.Section.MONITORING)

    @property
    def setup(self) -> bool:
        """Products with their configuration, metrics and plans."""
        return self.into(User.Section.PLANS)

    @property
    def products_listed(self) -> bool:
        """Whether any of what is told by product is for this user."""
        return self.audience or self.usage or self.setup

    def products(self) -> QuerySet[Product]:
        return self.within(catalog.products_of(self.tenant), "pk")

    def within(self, rows: QuerySet[M], field: str) -> QuerySet[M]:
        """Keep the rows whose ``field`` names a product that the user may see."""
        return rows if self.allowed is None else rows.filter(**{f"{field}__in": self.allowed})

    def shows(self, product_id: int) -> bool:
        return self.allowed is None or product_id in self.allowed


def sight_of(request: HttpRequest) -> Sight:
    user = user_of(request)
    return Sight(site_of(request).tenant, user, user.allowed_products())
