"""Brand and terms are set, told to the log, and belong to one tenant."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from portal.storefront.test_logos import DRAWING, png
from tollway.portal.events.models import Event
from tollway.portal.storefront import models, selectors, services
from tollway.portal.storefront.models import Acceptance, Brand, Terms

pytestmark = pytest.mark.django_db
KIND = Terms.Kind.SIGN_UP


def kinds(provider: Provider) -> list[str]:
    rows = Event.objects.filter(tenant=provider.tenant).order_by("id")
    return [row.kind for row in rows if row.kind.startswith(("brand.", "terms."))]


def test_a_colour_is_set_once_and_taken_away(acme: Provider, globex: Provider) -> None:
    assert selectors.brand_of(acme.tenant) is None
    for _ in range(2):
        services.set_colour(acme.tenant, " #E11D48 ", by=BY)
    brand = selectors.brand_of(acme.tenant)
    assert brand is not None
    assert brand.colour == "#e11d48"
    assert selectors.brand_of(globex.tenant) is None
    services.set_colour(acme.tenant, "", by=BY)
    assert kinds(acme) == ["brand.updated"] * 2
    with pytest.raises(ValidationError):
        models.readable("#ffffff")


@pytest.mark.parametrize("wrong", ["red", "#fff", "#12345g", "#ffffff", "#e11d48;}body{"])
def test_what_is_no_colour_is_refused(acme: Provider, wrong: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        services.set_colour(acme.tenant, wrong, by=BY)
    assert set(refusal.value.message_dict) == {"colour"}
    assert not Brand.objects.filter(colour__gt="").exists()


def test_a_logo_is_kept_found_by_its_content_and_removed(acme: Provider, globex: Provider) -> None:
    services.set_logo(acme.tenant, png(), by=BY)
    first = selectors.brand_of(acme.tenant)
    assert first is not None
    assert first.logo_type == "image/png"
    services.set_logo(acme.tenant, png(), by=BY)
    services.set_logo(acme.tenant, DRAWING.encode(), by=BY)
    second = selectors.brand_of(acme.tenant)
    assert second is not None
    assert second.logo_digest != first.logo_digest
    assert selectors.logo_of(acme.tenant, first.logo_digest) is None
    assert selectors.logo_of(globex.tenant, second.logo_digest) is None
    with pytest.raises(ValidationError, match="neither"):
        services.set_logo(acme.tenant, b"GIF89a", by=BY)
    assert selectors.logo_of(acme.tenant, second.logo_digest) == second
    services.set_logo(acme.tenant, b"", by=BY)
    assert selectors.logo_of(acme.tenant, "") is None
    assert kinds(acme) == ["brand.updated"] * 3


def test_terms_are_versions_of_which_the_newest_asks(acme: Provider, globex: Provider) -> None:
    assert selectors.terms_in_force(acme.tenant, [KIND]) == []
    services.set_terms(acme.tenant, KIND, "", by=BY)
    for text in ("First", "First\r\n", "Second"):
        services.set_terms(acme.tenant, KIND, text, by=BY)
    assert [row.text for row in selectors.versions_of(acme.tenant, KIND)] == ["First", "Second"]
    (newest,) = selectors.terms_in_force(acme.tenant, Terms.Kind.values)
    assert newest.text == "Second"
    assert selectors.terms_in_force(globex.tenant, Terms.Kind.values) == []
    services.accept_terms(acme.developer, [newest], by=BY)
    services.accept_terms(acme.developer, [], by=BY)
    services.set_terms(acme.tenant, KIND, "", by=BY)
    assert selectors.terms_in_force(acme.tenant, [KIND]) == []
    assert Acceptance.objects.get().terms.text == "Second", "what was accepted stays"
    assert kinds(acme) == ["terms.updated", "terms.updated", "terms.accepted", "terms.updated"]


@pytest.mark.parametrize(("kind", "text"), [("nonsense", "x"), (KIND, "x" * 100_001)])
def test_terms_that_break_a_rule_are_refused(acme: Provider, kind: str, text: str) -> None:
    with pytest.raises(ValidationError):
        services.set_terms(acme.tenant, kind, text, by=BY)
    assert not Terms.objects.exists()
