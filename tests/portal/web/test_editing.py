"""Whoever saves second is shown what the first saved, and loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django import forms

from portal.people import BY, Provider
from portal.web.requests import get, post, rendered
from tollway.portal.accounts.models import User
from tollway.portal.applications.services import update_product
from tollway.portal.catalog.models import Product
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.web import editing
from tollway.portal.web.editing import Difference, clash_of, seen, unchanged
from tollway.portal.web.forms import PageForm

pytestmark = pytest.mark.django_db


class ProductForm(PageForm):
    name = forms.CharField()
    description = forms.CharField(label="What it does", required=False)
    password = forms.CharField(widget=forms.PasswordInput, required=False)


def saved(product: Product) -> dict[str, Any]:
    return {"name": product.name, "description": product.description, "password": "secret"}


def edit(acme: Provider, by: Actor = BY, **fields: Any) -> Product:
    """Save something, a while after whoever asks had opened the form."""
    product = Product.objects.get(pk=acme.product.pk)
    update_product(product, by=by, **fields)
    product.updated_at += timedelta(seconds=1)  # clocks may be coarse
    product.save(update_fields=["name"])
    Product.objects.filter(pk=product.pk).update(updated_at=product.updated_at)
    return Product.objects.get(pk=product.pk)


def sent(acme: Provider, version: str, **fields: str) -> Any:
    return post(acme, {"name": "API", "description": "", "seen": version, **fields})


def test_what_nobody_touched_is_saved(acme: Provider) -> None:
    version = seen(Product.objects.get(pk=acme.product.pk))
    request = sent(acme, version, name="Mine")
    form = ProductForm(request.POST)
    assert unchanged(request, Product.objects.get(pk=acme.product.pk))
    assert clash_of(request, acme.product, form, saved=saved(acme.product)) is None


def test_both_versions_are_shown_where_they_differ(acme: Provider) -> None:
    version = seen(acme.product)
    theirs = edit(acme, by=Actor("user", str(acme.admin.pk)), name="Theirs")
    request = sent(acme, version, name="Mine", password="mine")
    clash = clash_of(request, theirs, ProductForm(request.POST), saved=saved(theirs))
    assert clash
    assert clash.differences == (Difference("Name", "Theirs", "Mine"),)
    assert (clash.at, clash.seen) == (theirs.updated_at, seen(theirs))


def test_who_has_read_the_clash_may_save(acme: Provider) -> None:
    version = seen(acme.product)
    theirs = edit(acme, name="Theirs")
    request = sent(acme, version, name="Mine")
    form = ProductForm(request.POST)
    clash = clash_of(request, theirs, form, saved=saved(theirs))
    html = rendered("{% seen row %}", request, row=theirs, clash=clash)
    assert f'value="{seen(theirs)}"'.replace("+", "+") in html
    again = sent(acme, seen(theirs), name="Mine")
    assert clash_of(again, theirs, form, saved=saved(theirs)) is None
    third = edit(acme, name="Third")
    assert clash_of(again, third, form, saved=saved(third)) is not None


def test_a_form_that_comes_back_with_an_error_still_knows_what_was_seen(acme: Provider) -> None:
    version = seen(acme.product)
    theirs = edit(acme, name="Theirs")
    assert version in rendered("{% seen row %}", sent(acme, version, name=""), row=theirs)
    assert seen(theirs) in rendered("{% seen row %}", get(acme), row=theirs)


def other_admin(acme: Provider) -> User:
    return acme.tenant.users.create(username="ana", email="ana@acme.example")


def test_the_author_is_named(acme: Provider, globex: Provider) -> None:
    ana = other_admin(acme)
    authors = {
        Actor("user", str(acme.admin.pk)): "You, in another window,",
        Actor("user", str(ana.pk)): "ana",
        Actor("user", str(globex.admin.pk)): "A former admin",
        Actor("user", "9999"): "A former admin",
        Actor("provider_key", str(acme.tenant.pk)): "The API",
        SYSTEM: "Tollway",
    }
    for number, (actor, author) in enumerate(authors.items()):
        theirs = edit(acme, by=actor, name=f"Name {number}")
        request = sent(acme, "before")
        clash = clash_of(request, theirs, ProductForm(request.POST), saved=saved(theirs))
        assert clash
        assert clash.by == author


def test_a_change_without_an_event_of_that_kind_is_told_all_the_same(acme: Provider) -> None:
    request = sent(acme, "before")
    form = ProductForm(request.POST)
    clash = clash_of(request, acme.product, form, saved={}, kind="proxy")
    assert clash
    assert (clash.by, clash.differences) == ("Tollway", ())


class AllKinds(forms.Form):
    on = forms.BooleanField(required=False)
    one = forms.ChoiceField(choices=[("a", "Apple"), ("More", [("b", "Banana")])], required=False)
    many = forms.MultipleChoiceField(choices=[("a", "Apple"), ("b", "Banana")], required=False)
    number = forms.IntegerField(required=False)
    text = forms.CharField(required=False)


SHOWN = [
    ("on", True, "on"), ("on", "on", "on"), ("on", False, "off"), ("on", None, "off"),
    ("one", "b", "Banana"), ("one", "gone", "gone"), ("one", "", "nothing"),
    ("one", None, "nothing"),
    ("many", ["a", "b"], "Apple, Banana"), ("many", [], "nothing"),
    ("number", 3, "3"), ("number", "3", "3"), ("number", 0, "0"), ("number", None, "nothing"),
    ("text", "a\r\nb ", "a\nb"), ("text", "", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "text"), SHOWN)
def test_values_are_shown_in_words(name: str, value: object, text: str) -> None:
    assert editing.shown(AllKinds()[name], value) == text


def test_the_page_says_who_when_and_what(acme: Provider) -> None:
    theirs = edit(acme, by=Actor("user", str(other_admin(acme).pk)), name="<Theirs>")
    request = sent(acme, "before", name="<Mine>")
    clash = clash_of(request, theirs, ProductForm(request.POST), saved=saved(theirs))
    html = rendered("{% include 'web/partials/clash.html' %}", request, clash=clash)
    assert "ana saved this" in html
    assert 'role="alert"' in html
    assert "<td>&lt;Theirs&gt;</td><td>&lt;Mine&gt;</td>" in html
    assert rendered("{% include 'web/partials/clash.html' %}", request, clash=None).strip() == ""
