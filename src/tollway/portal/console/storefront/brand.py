"""The brand of the developer portal: a colour that can be read, and a logo (feature map, CM20)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.storefront.colours import DARK, LIGHT, Tints, problem_of, tints, tokens
from tollway.portal.storefront.logos import SIZE_MAX
from tollway.portal.storefront.selectors import brand_of, logo_of
from tollway.portal.storefront.services import set_colour, set_logo
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

USUAL = "#0b6675"  # Tollway's own
_COLOUR = r"\A#?[0-9A-Fa-f]{6}\Z"
NO_COLOUR = "Write a colour as # and six digits from 0 to 9 and a to f, like #0b6675."


class ColourForm(PageForm):
    colour = forms.RegexField(
        _COLOUR,
        label="Colour",
        required=False,
        help_text=f"Buttons, links and marks, such as {USUAL}. Empty: Tollway's own.",
        error_messages={"invalid": NO_COLOUR},
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "maxlength": 7}),
    )

    def clean_colour(self) -> str:
        """Take it with and without its #."""
        given = str(self.cleaned_data["colour"]).lower()
        return f"#{given.removeprefix('#')}" if given else ""


class LogoForm(PageForm):
    logo = forms.FileField(
        label="File",
        help_text=f"A PNG or an SVG of at most {SIZE_MAX // 1024} KiB, 32 pixels high or more.",
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty.",
            "invalid": "Choose a file.",
        },
        widget=forms.FileInput(attrs={"accept": "image/png,image/svg+xml"}),
    )

    def clean_logo(self) -> bytes:
        """Read the file, unless it is too large for that."""
        file: UploadedFile = self.cleaned_data["logo"]
        if file.size is None or file.size > SIZE_MAX:
            raise ValidationError(f"The file is too large: {SIZE_MAX // 1024} KiB are allowed.")
        return bytes(file.read())


class Sample(Struct, frozen=True):
    """What becomes of the colour in one theme."""

    title: str
    tints: Tints
    links_differ: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def colour(request: HttpRequest) -> HttpResponse:
    tenant, form, chosen = site_of(request).tenant, ColourForm(request.POST), ""
    if form.is_valid():
        by, chosen = actor_of(request), form.cleaned_data["colour"]
        form.attempt(lambda: set_colour(tenant, chosen, by=by))
    if form.errors:
        return _page(request, colour=form, status=422)
    tell(request, "The colour is saved" if chosen else "The portal has Tollway's colour again")
    return redirect("brand")


@require_POST
def logo(request: HttpRequest) -> HttpResponse:
    """Keep what is uploaded, made harmless; with ``remove`` there is no logo any more."""
    tenant, by = site_of(request).tenant, actor_of(request)
    if "remove" in request.POST:
        set_logo(tenant, b"", by=by)
        tell(request, "The logo is removed", "The first letter of your name stands there again.")
        return redirect("brand")
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data["logo"]
        try:
            set_logo(tenant, data, by=by)
        except ValidationError as refusal:
            form.add_error("logo", f"The file {'; '.join(refusal.messages)}.")
    if form.errors:
        return _page(request, logo=form, status=422)
    tell(request, "The logo is saved", "Developers see it at once.")
    return redirect("brand")


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Answer the tokens of a colour for the samples of the page alone."""
    given = f"#{request.GET.get('colour', '').lower().removeprefix('#')}"
    form = ColourForm({"colour": given})
    if not form.is_valid() or problem_of(given):
        raise Http404
    rule = f".tw-brand-sample {{\n{tokens(given)}\n}}\n"
    return HttpResponse(rule, content_type="text/css; charset=utf-8")


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """Answer the logo for the page's samples."""
    brand = brand_of(site_of(request).tenant)
    found = logo_of(site_of(request).tenant, brand.logo_digest) if brand else None
    if found is None:
        raise Http404
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return HttpResponse(bytes(found.logo), content_type=found.logo_type, headers=headers)


def _page(
    request: HttpRequest,
    *,
    colour: ColourForm | None = None,
    logo: LogoForm | None = None,
    status: int = 200,
) -> HttpResponse:
    tenant = site_of(request).tenant
    brand = brand_of(tenant)
    saved = brand.colour if brand else ""
    context: dict[str, Any] = {
        "colour_form": colour or ColourForm(initial={"colour": saved}),
        "logo_form": logo or LogoForm(),
        "saved": saved,
        "shown": saved or USUAL,
        "has_logo": bool(brand and brand.logo_digest),
        "samples": _samples(saved or USUAL),
        "initial": _initial(tenant),
    }
    section = audience_section("brand")
    return show(request, "console/storefront/brand.html", section, context, status=status)


def _samples(chosen: str) -> list[Sample]:
    return [
        Sample(title, tints(chosen, theme), tints(chosen, theme).link != chosen)
        for title, theme in (("Light", LIGHT), ("Dark", DARK))
    ]


def _initial(tenant: Tenant) -> str:
    return tenant.org_name[:1].upper()
