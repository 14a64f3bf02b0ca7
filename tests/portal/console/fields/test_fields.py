"""Fields definitions: listed, made, changed, moved, deleted; and what forms make of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.console.visiting import admin, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.fields_definitions import BUILT_IN, definitions_of
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.accounts.services import create_fields_definition, update_fields_definition
from tollway.portal.applications.models import Application
from tollway.portal.console.fields import forms, routes, targets, views
from tollway.portal.console.fields.preview import preview
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

PATH = "/admin/fields_definitions"
ACCOUNT, USER, APPLICATION = FieldsDefinition.Target


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def define(acme: Provider, target: str = ACCOUNT, **fields: Any) -> FieldsDefinition:
    fields = {"name": "tax_number", "label": "Tax number", **fields}
    return create_fields_definition(acme.tenant, by=BY, target=target, **fields)


def names(acme: Provider, target: str = ACCOUNT) -> list[str]:
    return [row.name for row in definitions_of(acme.tenant, target)]


def test_each_target_has_its_list_with_what_is_built_in_and_not_in_use(
    acme: Provider, client: Client
) -> None:
    define(acme, hidden=True, choices=["a", "b", "c", "d"])
    page = text(client.get(PATH))
    for words in ("Organization/Group Name", "tax_number · yours", "a, b, c and 1 more"):
        assert words in page
    assert ("Do not see it" in page, "City" in page) == (True, True)
    assert "First name" in text(client.get(f"{PATH}?target=User"))
    assert "Redirect URL" in text(client.get(f"{PATH}?target=Cinstance"))
    assert "Organization/Group Name" in text(client.get(f"{PATH}?target=Nothing"))
    assert f"/{routes.routes[0].pattern}" == PATH
    assert set(targets.TARGETS) == set(BUILT_IN)
    assert routes.routes[0].name == views.SECTION.item, "the navigation leads to this page"


@pytest.mark.parametrize(
    ("given", "name", "flags"),
    [
        ({"label": "Tax number", "rule": "required"}, "tax_number", (True, False, False)),
        ({"label": "Größe", "rule": "hidden"}, "groe", (False, True, False)),
        ({"label": "2nd", "name": "", "rule": "read_only"}, "field_2nd", (False, False, True)),
        ({"label": "State", "rule": "optional"}, "state_2", (False, False, False)),
        ({"label": "City", "name": "city", "rule": "optional"}, "city", (False, False, False)),
    ],
)
def test_a_field_is_made_and_named_after_its_label(
    acme: Provider,
    client: Client,
    given: dict[str, str],
    name: str,
    flags: tuple[bool, bool, bool],
) -> None:
    path = f"{PATH}/new?target=Account"
    sent = {**given, "choices": " a \n\nb, c\n", "once": seen(client.get(path), "once")}
    assert client.post(path, sent)["Location"] == f"{PATH}?target=Account"
    assert client.post(path, sent).status_code == 302, "a second click"
    row = FieldsDefinition.objects.get(tenant=acme.tenant, name=name)
    assert (row.required, row.hidden, row.read_only) == flags
    assert row.choices == ["a", "b, c"]
    assert "is defined" in toasts(client)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label": "", "rule": "optional"}, "Enter a label."),
        ({"label": "x", "rule": "any"}, "Select a valid choice"),
        ({"label": "x", "name": "1x", "rule": "optional"}, "Must start with a letter"),
        ({"label": "x", "name": "org_name", "rule": "optional"}, "Has already been taken"),
        ({"label": "x", "name": "user_key", "rule": "optional"}, "Is reserved"),
        ({"label": "x", "rule": "optional", "choices": "a\na"}, "Must differ from one another"),
    ],
)
def test_a_wrong_field_is_refused_where_it_is_wrong(
    acme: Provider, client: Client, given: dict[str, str], message: str
) -> None:
    before = names(acme)
    answer = client.post(f"{PATH}/new?target=Account", given)
    assert (answer.status_code, message in text(answer)) == (422, True)
    assert names(acme) == before
    assert client.get(f"{PATH}/new?target=Nothing").status_code == 404


def test_a_field_is_changed_and_its_other_flags_stay(acme: Provider, client: Client) -> None:
    row = define(acme, hidden=True, read_only=True)
    path = f"{PATH}/{row.pk}/edit"
    page = client.get(path)
    sent = {"label": "VAT id", "rule": "hidden", "choices": "", "seen": seen(page)}
    assert client.post(path, sent).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.hidden, row.read_only) == ("VAT id", True, True)
    client.post(path, {"label": "VAT id", "rule": "required"})
    row.refresh_from_db()
    assert (row.required, row.hidden, row.read_only) == (True, False, False)
    assert forms.values(row) == {"label": "VAT id", "rule": "required", "choices": ""}


def test_what_is_built_in_and_required_keeps_its_rule_and_its_place_in_forms(
    acme: Provider, client: Client
) -> None:
    row = FieldsDefinition.objects.get(tenant=acme.tenant, name="org_name")
    path = f"{PATH}/{row.pk}/edit"
    assert "always required" in text(client.get(path))
    assert client.post(path, {"label": "Company", "rule": "hidden"}).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.required, row.hidden) == ("Company", True, False)
    client.post(f"{PATH}/{row.pk}/delete")
    assert "was not deleted" in toasts(client)
    assert FieldsDefinition.objects.filter(pk=row.pk).exists()
    assert "Company" in text(client.get(f"/buyers/accounts/{acme.account.pk}/edit"))


def test_two_editors_of_a_field_see_each_other(acme: Provider, client: Client) -> None:
    row = define(acme)
    path = f"{PATH}/{row.pk}/edit"
    page = client.get(path)
    update_fields_definition(row, by=BY, label="Theirs")
    sent = {
        "label": "Mine", "rule": "optional", "seen": seen(page), "was": seen(page, "was"),
    }  # fmt: skip
    clash = client.post(path, sent)
    assert (clash.status_code, "Theirs" in text(clash)) == (409, True)
    row.refresh_from_db()
    assert row.label == "Theirs"
    assert client.post(path, {**sent, "seen": seen(clash)}).status_code == 302


def test_fields_are_moved_by_steps_or_to_a_place_and_back(acme: Provider, client: Client) -> None:
    first, second = define(acme, name="one"), define(acme, name="two")
    assert names(acme) == ["org_name", "one", "two"]
    client.post(f"{PATH}/move", {"field": second.pk, "by": "-1"})
    assert names(acme) == ["org_name", "two", "one"]
    assert "is field 2 now" in toasts(client)
    client.post(f"{PATH}/move", {"field": second.pk, "position": "3"})
    assert names(acme) == ["org_name", "one", "two"]
    client.post(f"{PATH}/move", {"field": second.pk, "position": "9"})
    client.post(f"{PATH}/move", {"field": first.pk, "by": "sideways"})
    assert names(acme) == ["org_name", "one", "two"]
    before = seen(client.get(PATH))
    define(acme, name="three")
    client.post(f"{PATH}/move", {"field": second.pk, "by": "-1", "seen": before})
    assert names(acme) == ["org_name", "one", "two", "three"]
    assert "Nothing was moved" in toasts(client)


def test_a_deleted_field_comes_back_where_it_was_with_its_values(
    acme: Provider, client: Client
) -> None:
    row = define(acme, choices=["a", "b"])
    define(acme, name="last")
    Account.objects.filter(pk=acme.account.pk).update(extra_fields={"tax_number": "a"})
    assert "1 account has a value in it" in text(client.get(f"{PATH}/{row.pk}/edit"))
    assert client.post(f"{PATH}/{row.pk}/delete").status_code == 302
    assert "Tax number is deleted" in toasts(client)
    assert client.post(f"{PATH}/{row.pk}/delete").status_code == 302, "gone already"
    kept = {"target": "Account", "name": "tax_number", "label": "Tax number", "position": "2"}
    again = client.post(f"{PATH}/restore", {**kept, "rule": "optional", "choices": "a\nb"})
    assert again.status_code == 302
    assert names(acme) == ["org_name", "tax_number", "last"]
    assert "a" in text(client.get(f"/buyers/accounts/{acme.account.pk}"))
    assert client.post(f"{PATH}/restore", {**kept, "rule": "optional"}).status_code == 422


def test_rows_with_a_value_are_counted_for_columns_too(acme: Provider) -> None:
    counted = {
        "city": define(acme, name="city"), "vat_rate": define(acme, name="vat_rate"),
        "first_name": FieldsDefinition.objects.get(tenant=acme.tenant, name="first_name"),
        "colour": define(acme, APPLICATION, name="colour"),
    }  # fmt: skip
    assert [targets.with_a_value(row) for row in counted.values()] == [0, 0, 0, 0]
    Account.objects.filter(pk=acme.account.pk).update(city="Bern", vat_rate=0)
    User.objects.filter(pk=acme.developer.pk).update(first_name="John")
    Application.objects.filter(pk=acme.application.pk).update(extra_fields={"colour": "red"})
    assert [targets.with_a_value(row) for row in counted.values()] == [1, 1, 1, 1]


def test_the_preview_has_what_developers_see(acme: Provider, client: Client) -> None:
    define(acme, name="secret", hidden=True)
    define(acme, name="tier", label="Tier", read_only=True)
    define(acme, name="size", label="Size", choices=["S", "M"])
    shown = preview(definitions_of(acme.tenant, ACCOUNT))
    assert [(each.label, each.field is None) for each in shown] == [
        ("Organization/Group Name", False), ("Tier", True), ("Size", False),
    ]  # fmt: skip
    assert '<option value="M">' in client.get(PATH).content.decode()


def test_pages_of_strangers_fields_are_not_there(
    acme: Provider, globex: Provider, client: Client
) -> None:
    row = FieldsDefinition.objects.filter(tenant=globex.tenant)[0]
    assert client.get(f"{PATH}/{row.pk}/edit").status_code == 404
    client.post(f"{PATH}/{row.pk}/delete")
    assert client.post(f"{PATH}/move", {"field": row.pk, "by": "1"}).status_code == 404
    assert FieldsDefinition.objects.filter(pk=row.pk).exists()


def test_a_new_account_is_asked_for_what_is_required(acme: Provider, client: Client) -> None:
    define(acme, required=True)
    define(acme, USER, name="phone", label="Phone", required=True)
    given = {"org_name": "Night Bus", "username": "maya", "email": "maya@night.example"}
    refused = client.post("/buyers/accounts/new", given)
    assert refused.status_code == 422
    assert "Tax number is needed here." in text(refused)
    full = {**given, "tax_number": "7", "phone": "031"}
    assert client.post("/buyers/accounts/new", full).status_code == 302
    account = Account.objects.get(org_name="Night Bus")
    assert account.extra_fields == {"tax_number": "7"}
    assert account.users.get().extra_fields == {"phone": "031"}


def test_an_application_is_asked_for_what_is_required_and_for_a_choice(
    acme: Provider, client: Client
) -> None:
    define(acme, APPLICATION, name="store", label="Store", required=True, choices=["web", "ios"])
    path = f"/p/admin/applications/{acme.application.pk}/edit"
    refused = client.post(path, {"name": "App", "store": ""})
    assert (refused.status_code, "Store is needed here." in text(refused)) == (422, True)
    assert client.post(path, {"name": "App", "store": "android"}).status_code == 422
    assert client.post(path, {"name": "App", "store": "ios"}).status_code == 302
    acme.application.refresh_from_db()
    assert acme.application.extra_fields == {"store": "ios"}


def test_every_change_is_one_event(acme: Provider, client: Client) -> None:
    row = define(acme)
    client.post(f"{PATH}/{row.pk}/edit", {"label": "VAT id", "rule": "optional"})
    client.post(f"{PATH}/{row.pk}/delete")
    kinds = Event.objects.filter(object_kind="fields_definition").values_list("kind", flat=True)
    assert list(kinds) == [
        "fields_definition.created", "fields_definition.updated", "fields_definition.deleted",
    ]  # fmt: skip


def test_a_value_that_is_not_offered_any_more_is_not_lost_unasked(
    acme: Provider, client: Client
) -> None:
    row = define(acme, APPLICATION, name="store", label="Store", choices=["web", "ios"])
    Application.objects.filter(pk=acme.application.pk).update(extra_fields={"store": "ios"})
    update_fields_definition(row, by=BY, choices=["web"])
    path = f"/p/admin/applications/{acme.application.pk}/edit"
    page = client.get(path).content.decode()
    assert '<option value="ios" selected>ios (not offered any more)</option>' in page
    refused = client.post(path, {"name": "App", "store": "ios"})
    assert (refused.status_code, "ios is not offered." in text(refused)) == (
        422,
        True,
    )
    acme.application.refresh_from_db()
    assert acme.application.extra_fields == {"store": "ios"}
    assert client.post(path, {"name": "App", "store": "web"}).status_code == 302
    acme.application.refresh_from_db()
    assert acme.application.extra_fields == {"store": "web"}
