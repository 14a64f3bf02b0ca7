"""Addresses of these pages: 3scale's where it has them."""

from __future__ import annotations

from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import EVERYBODY, page
from tollway.portal.console.storefront import addresses, brand, terms, visit

_PORTAL, _SETTINGS = User.Section.PORTAL, User.Section.SETTINGS
_BRAND = "p/admin/account/logo"

routes: list[URLPattern] = [
    page("p/admin/cms/visit_portal", visit.visit, name="visit-portal", section=EVERYBODY),
    page(f"{_BRAND}/edit", brand.index, name="brand", section=_PORTAL),
    page(f"{_BRAND}/colour", brand.colour, name="brand-colour", section=_PORTAL),
    page(_BRAND, brand.logo, name="brand-logo", section=_PORTAL),
    page(f"{_BRAND}/picture", brand.picture, name="brand-logo-picture", section=_PORTAL),
    page(f"{_BRAND}/preview.css", brand.preview, name="brand-preview", section=_PORTAL),
    page("p/admin/cms/builtin_legal_terms", terms.edit, name="legal-terms", section=_SETTINGS),
    page("site/emails/edit", addresses.edit, name="addresses", section=_SETTINGS),
]
