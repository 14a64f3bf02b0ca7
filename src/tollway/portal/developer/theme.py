"""The brand of an organisation as its portal wears it: a stylesheet of a few tokens, and a logo.

Both lie at addresses that change with their content, so browsers may keep them for good. The
stylesheet holds nothing but tokens of the theme: what is set by an organisation never gets into a
page as markup or as a style of its own.
"""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.storefront.colours import tokens
from tollway.portal.storefront.selectors import brand_of, logo_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import site_of

KEPT = "public, max-age=31536000, immutable"
# A logo is a picture and nothing else, even where somebody opens it by itself.
LOGO_POLICY = "default-src 'none'; style-src 'none'; script-src 'none'; sandbox"
_DIGEST_BYTES = 12


class Look(Struct, frozen=True):
    """Addresses, "" for what was not set."""

    stylesheet: str
    logo: str


def look_of(tenant: Tenant) -> Look:
    brand = brand_of(tenant)
    if brand is None:
        return Look("", "")
    sheet, logo = "", ""
    if brand.colour:
        sheet = reverse("developer-theme", kwargs={"digest": _digest(stylesheet(brand.colour))})
    if brand.logo_digest:
        logo = reverse("developer-logo", kwargs={"digest": brand.logo_digest})
    return Look(sheet, logo)


def stylesheet(colour: str) -> str:
    """Return the tokens of both themes that come of `#rrggbb`."""
    return f":root {{\n{tokens(colour)}\n}}\n"


@require_safe
def theme(request: HttpRequest, digest: str) -> HttpResponse:
    """Answer the stylesheet whose content has this digest."""
    brand = brand_of(site_of(request).tenant)
    text = stylesheet(brand.colour) if brand is not None and brand.colour else ""
    if not text or _digest(text) != digest:
        raise Http404
    return HttpResponse(text, content_type="text/css; charset=utf-8", headers=_kept())


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    brand = logo_of(site_of(request).tenant, digest)
    if brand is None:
        raise Http404
    headers = {**_kept(), "Content-Security-Policy": LOGO_POLICY}
    return HttpResponse(bytes(brand.logo), content_type=brand.logo_type, headers=headers)


def _kept() -> dict[str, str]:
    return {"Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
