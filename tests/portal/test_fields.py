"""What all rows share: messages that continue a field's name, derived names, sealed secrets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.people import BY, Provider
from tollway.portal.applications.services import update_product
from tollway.portal.catalog.models import Backend, MappingRule, Product
from tollway.portal.fields import change, check, digest, keyring, seal, system_name, unseal, unused
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import create_product


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": None}, {"name": ["can't be blank"]}),
        ({"name": " \t"}, {"name": ["can't be blank"]}),
        ({"name": "n" * 256}, {"name": ["is too long (maximum is 255 characters)"]}),
        ({"name": "a\x00b"}, {"name": ["is invalid"]}),
        ({"annotations": {"a": "b\x00"}}, {"annotations": ["is invalid"]}),
        ({"support_email": "nobody"}, {"support_email": ["is invalid"]}),
        ({"backend_version": "3"}, {"backend_version": ["is not included in the list"]}),
        (
            {"name": "", "backend_version": ""},
            {"name": ["can't be blank"], "backend_version": ["can't be blank"]},
        ),
    ],
)
def test_messages_continue_the_field(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as failed:
        update_product(acme.product, by=BY, **fields)
    assert failed.value.message_dict == errors
    acme.product.refresh_from_db()
    assert acme.product.name == "API"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"setup_fee": -1}, {"setup_fee": ["must be greater than or equal to 0"]}),
        ({"setup_fee": "free"}, {"setup_fee": ["is not a number"]}),
        ({"trial_period_days": "soon"}, {"trial_period_days": ["is not a number"]}),
        ({"trial_period_days": -1}, {"trial_period_days": ["must be greater than or equal to 0"]}),
        (
            {"trial_period_days": 36_501},
            {"trial_period_days": ["must be less than or equal to 36500"]},
        ),
        ({"system_name": "basic"}, {"system_name": ["has already been taken"]}),
        ({"name": "Basic"}, {"name": ["has already been taken"]}),
    ],
)
def test_numbers_and_uniqueness_speak_alike(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    plan = ApplicationPlan(tenant=acme.tenant, product=acme.product, name="x", system_name="x")
    for name, value in fields.items():
        setattr(plan, name, value)
    with pytest.raises(ValidationError) as failed:
        check(plan)
    assert failed.value.message_dict == errors


def test_a_change_says_what_really_changed(acme: Provider) -> None:
    changes = {"name": "API", "description": None, "support_email": "help@acme.example"}
    before, after = change(acme.product, changes, changes)
    assert before == {"support_email": ""}
    assert after == {"support_email": "help@acme.example"}


def test_a_field_that_may_not_be_written_is_a_mistake_of_the_caller(acme: Provider) -> None:
    with pytest.raises(TypeError, match="no writable system_name"):
        update_product(acme.product, by=BY, system_name="other")


def test_a_change_does_not_bring_back_what_another_one_has_changed(acme: Provider) -> None:
    stale = Product.objects.get(pk=acme.product.pk)
    update_product(acme.product, by=BY, name="New name")
    update_product(stale, by=BY, description="New text")
    fresh = Product.objects.get(pk=acme.product.pk)
    assert (fresh.name, fresh.description) == ("New name", "New text")


@pytest.mark.parametrize(
    ("name", "derived"),
    [
        ("My API", "my_api"),
        ("  Crème brûlée!! ", "creme_brulee"),
        ("日本", "product"),
        ("API", "api_2"),  # Acme has one
        ("x" * 255, "x" * 247),
    ],
)
def test_a_system_name_is_derived_from_the_name(acme: Provider, name: str, derived: str) -> None:
    assert system_name(name, Product.objects.filter(tenant=acme.tenant), "product") == derived
    assert create_product(acme.tenant, by=BY, name=name).system_name == derived


def test_the_next_free_name_is_counted_up() -> None:
    assert unused("a", "-", set()) == "a"
    assert unused("a", "-", {"a", "a-2"}) == "a-3"


def test_secrets_are_sealed_for_one_use_and_found_by_digest() -> None:
    sealed = seal("s3cret", "app_key")
    assert b"s3cret" not in sealed
    assert unseal(memoryview(sealed), "app_key") == "s3cret"
    assert digest("user_key", "1", "k") == keyring().digest("user_key", "1", "k").hex()


def test_the_database_holds_what_must_never_be(acme: Provider) -> None:
    """Services check first; the constraints are for what comes past them."""
    hits = acme.hits
    impossible = [
        Backend(tenant=acme.tenant, name="x", system_name="echo", private_endpoint="http://x"),
        MappingRule(tenant=acme.tenant, metric=hits, http_method="GET", pattern="/"),
        MappingRule(tenant=acme.tenant, product=acme.product, metric=hits, pattern="/", delta=0),
        ApplicationPlan(
            tenant=acme.tenant,
            product=acme.product,
            name="x",
            system_name="x",
            setup_fee=Decimal(-1),
        ),
    ]
    for row in impossible:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
