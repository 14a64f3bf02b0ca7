"""A developer's dashboard and applications: shown as they are, and keys that change."""

from __future__ import annotations

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import (
    former_user_keys_of,
    keys_of,
    referrer_filters_of,
)
from tollway.portal.applications.services import add_key, change_state, sign_up, update_product
from tollway.portal.catalog.models import Product
from tollway.portal.developer import applications, editing, keys, referrers
from tollway.portal.developer.showing import masked_key
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

MODULES = (applications, keys)  # what these addresses lead to


def of(provider: Provider) -> str:
    return f"/admin/applications/{provider.application.pk}"


def fresh(provider: Provider) -> Application:
    return Application.objects.get(pk=provider.application.pk)


def by_app_id(provider: Provider) -> None:
    Product.objects.filter(pk=provider.product.pk).update(
        backend_version=Product.BackendVersion.APP_ID_AND_KEY
    )


def test_the_dashboard_shows_the_application_its_key_masked_and_its_plan(acme: Provider) -> None:
    page = developer(acme).get("/admin")
    said = text(page)
    assert "App" in said
    assert "API, plan Basic" in said
    key = fresh(acme).user_key
    assert key not in said, "what is read is masked"
    assert f'data-plain="{key}"' in page.content.decode()


def test_who_has_no_application_is_told_so(acme: Provider) -> None:
    Application.objects.all().delete()
    client = developer(acme)
    assert "No application yet" in text(client.get("/admin"))
    assert "No application yet" in text(client.get("/admin/applications"))


def test_a_developer_sees_the_applications_of_their_account_only(acme: Provider) -> None:
    acme.another_application(name="Second of mine")
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    theirs = Application.objects.get(
        pk=Provider(
            acme.tenant, acme.admin, acme.product, acme.backend, acme.plan, other.account,
            other.user, acme.application,
        ).another_application(name="Not mine").pk
    )  # fmt: skip
    client = developer(acme)
    said = text(client.get("/admin/applications"))
    assert "Second of mine" in said
    assert "Not mine" not in said
    assert client.get(f"/admin/applications/{theirs.pk}").status_code == 404
    assert client.post(f"/admin/applications/{theirs.pk}/user_key").status_code == 404


@pytest.mark.parametrize(("keep", "kept"), [("24", 1), ("1", 1), ("0", 0), ("nonsense", 1)])
def test_a_user_key_is_replaced_and_the_old_one_kept_for_as_long_as_chosen(
    acme: Provider, keep: str, kept: int
) -> None:
    client, old = developer(acme), fresh(acme).user_key
    answer = client.post(f"{of(acme)}/user_key", {"keep": keep})
    assert (answer.status_code, answer["Location"]) == (302, of(acme))
    assert fresh(acme).user_key != old
    assert former_user_keys_of(acme.tenant, fresh(acme)).count() == kept
    said = text(client.get(of(acme)))
    assert "There is a new user key" in said
    assert ("The key before goes on working until" in said) == bool(kept)
    event = Event.objects.filter(kind="application.user_key_changed").latest("id")
    assert (event.actor_kind, event.actor_id) == ("user", str(acme.developer.pk))
    assert event.on_behalf_of == ""


def test_a_form_that_is_sent_twice_replaces_once(acme: Provider) -> None:
    client = developer(acme)
    page = client.get(of(acme)).content.decode()
    [nonce] = set(re.findall(r'name="once" value="([^"]+)"', page))
    for _ in range(2):
        client.post(f"{of(acme)}/user_key", {"keep": "24", "once": nonce})
    assert former_user_keys_of(acme.tenant, acme.application).count() == 1


def test_keys_are_added_replaced_and_deleted(acme: Provider) -> None:
    by_app_id(acme)
    client = developer(acme)
    client.post(f"{of(acme)}/keys")
    (key,) = keys_of(acme.tenant, acme.application)
    page = client.get(of(acme))
    assert acme.application.application_id in page.content.decode()
    client.post(f"{of(acme)}/keys/{key.pk}/regenerate", {"keep": "1"})
    old, new = keys_of(acme.tenant, acme.application)
    assert old.expires_at is not None
    assert new.expires_at is None
    assert "replaced: works until" in text(client.get(of(acme)))
    for _ in range(5):
        client.post(f"{of(acme)}/keys")
    assert keys_of(acme.tenant, acme.application).filter(expires_at__isnull=True).count() == 5
    said = text(client.get(of(acme)))
    assert "The limit of 5 keys is reached" in said
    assert "Add a key" not in said
    client.post(f"{of(acme)}/keys/{new.pk}/delete")
    assert not keys_of(acme.tenant, acme.application).filter(pk=new.pk).exists()


def test_what_the_product_does_not_let_developers_do_is_not_there(acme: Provider) -> None:
    client = developer(acme)
    update_product(
        acme.product, by=BY, buyers_manage_keys=False, buyer_key_regenerate_enabled=False
    )
    assert "Make a new key" not in text(client.get(of(acme)))
    assert client.post(f"{of(acme)}/user_key").status_code == 404
    by_app_id(acme)
    key = add_key(acme.application, by=BY)
    assert "Replace" not in text(client.get(of(acme)))
    for path in ("keys", f"keys/{key.pk}/regenerate", f"keys/{key.pk}/delete"):
        assert client.post(f"{of(acme)}/{path}").status_code == 404


def test_a_suspended_application_says_so_and_its_keys_rest(acme: Provider) -> None:
    client = developer(acme)
    change_state(acme.application, "suspend", by=BY)
    said = text(client.get("/admin"))
    assert "This application is suspended" in said
    assert "First call" not in said
    assert client.post(f"{of(acme)}/user_key").status_code == 404


def test_a_key_of_another_application_is_not_there(acme: Provider) -> None:
    by_app_id(acme)
    other = acme.another_application(name="Second")
    key = add_key(other, by=BY)
    client = developer(acme)
    assert client.post(f"{of(acme)}/keys/{key.pk}/delete").status_code == 404


def test_masks_show_how_a_key_begins_and_no_more() -> None:
    assert masked_key("0123456789abcdef") == "0123…"


def test_an_application_is_edited_by_its_developer(acme: Provider) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Cinstance", name="fleet", label="Fleet"
    )
    client = developer(acme)
    page = client.get(f"{of(acme)}/edit")
    seen = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())[0]
    sent = {"name": "Renamed", "description": "Two\nlines", "fleet": "12", "seen": seen}
    assert client.post(f"{of(acme)}/edit", {**sent, "name": ""}).status_code == 422
    assert client.post(f"{of(acme)}/edit", sent)["Location"] == of(acme)
    row = fresh(acme)
    assert (row.name, row.extra_fields) == ("Renamed", {"fleet": "12"})
    clash = client.post(f"{of(acme)}/edit", {**sent, "name": "From an old page"})
    assert clash.status_code == 409
    said = text(clash)
    assert editing.SOMEBODY in said
    assert "From an old page" in said
    assert acme.admin.username not in said
    assert fresh(acme).name == "Renamed"
    again = re.findall(r'name="seen" value="([^"]+)"', clash.content.decode())[0]
    client.post(f"{of(acme)}/edit", {**sent, "name": "Knowingly", "seen": again})
    assert fresh(acme).name == "Knowingly"


def test_an_application_is_deleted_when_its_name_is_typed(acme: Provider) -> None:
    client = developer(acme)
    assert client.post(f"{of(acme)}/delete", {"typed": "Ap"})["Location"] == of(acme)
    assert "Nothing was deleted" in text(client.get(of(acme)))
    assert client.post(f"{of(acme)}/delete", {"typed": "App"})["Location"] == "/admin/applications"
    assert not Application.objects.filter(pk=acme.application.pk).exists()
    assert client.get(of(acme)).status_code == 404
    assert client.post(f"{of(acme)}/delete", {"typed": "App"}).status_code == 404


def test_a_suspended_application_is_not_deleted_to_begin_anew(acme: Provider) -> None:
    client = developer(acme)
    assert "Delete this application?" in text(client.get(of(acme)))
    change_state(acme.application, "suspend", by=BY)
    assert "Delete this application?" not in text(client.get(of(acme)))
    assert client.post(f"{of(acme)}/delete", {"typed": "App"}).status_code == 404
    assert Application.objects.filter(pk=acme.application.pk).exists()


def test_where_applications_are_the_provider_s_to_manage_developers_leave_them_alone(
    acme: Provider,
) -> None:
    client = developer(acme)
    update_product(acme.product, by=BY, buyers_manage_apps=False)
    page = client.get(of(acme)).content.decode()
    assert "delete-application" not in page
    assert "/edit" not in page
    assert client.get(f"{of(acme)}/edit").status_code == 404
    assert client.post(f"{of(acme)}/delete", {"typed": "App"}).status_code == 404
    assert fresh(acme).name == "App"


def test_many_applications_are_searched_sorted_and_paged(
    acme: Provider, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        acme.another_application(name=f"Number {number:02}")
    client = developer(acme)
    client.get("/admin/applications")
    with django_assert_max_num_queries(16):
        page = text(client.get("/admin/applications?sort=-name"))
    assert "50 of 61 applications" in page
    assert "Number 59" in page
    assert "Number 01" not in page
    assert "Number 01" in text(client.get("/admin/applications?sort=-name&page=2"))
    assert "1 application" in text(client.get("/admin/applications?q=number 33"))
    assert "No applications match" in text(client.get("/admin/applications?q=nothing"))


def test_a_key_is_of_one_s_own_choice_where_the_product_lets_one_choose(acme: Provider) -> None:
    by_app_id(acme)
    client = developer(acme)
    assert "Left empty, one is made up" in text(client.get(of(acme)))
    client.post(f"{of(acme)}/keys", {"value": "my-own-key-1"})
    assert keys_of(acme.tenant, acme.application).get().value == "my-own-key-1"
    client.post(f"{of(acme)}/keys", {"value": "no"})
    assert "Nothing was changed" in text(client.get(of(acme)))
    update_product(acme.product, by=BY, custom_keys_enabled=False)
    client.post(f"{of(acme)}/keys", {"value": "my-own-key-2"})
    assert keys_of(acme.tenant, acme.application).last().value != "my-own-key-2"  # type: ignore[union-attr]


def test_referrers_are_listed_added_and_removed_where_the_product_looks_at_them(
    acme: Provider,
) -> None:
    client = developer(acme)
    assert client.post(f"{of(acme)}/referrers", {"value": "x.example"}).status_code == 404
    update_product(acme.product, by=BY, referrer_filters_required=True)
    assert "Every call is refused" in text(client.get(of(acme)))
    client.post(f"{of(acme)}/referrers", {"value": "*.example.com"})
    client.post(f"{of(acme)}/referrers", {"value": "no blanks"})
    (row,) = referrer_filters_of(acme.tenant, acme.application)
    assert row.value == "*.example.com"
    page = text(client.get(of(acme)))
    assert "*.example.com" in page
    client.post(f"{of(acme)}/referrers/{row.pk}/delete")
    assert not referrer_filters_of(acme.tenant, acme.application)
    assert client.post(f"{of(acme)}/referrers/{row.pk}/delete").status_code == 302
    update_product(acme.product, by=BY, buyers_manage_keys=False)
    assert client.post(f"{of(acme)}/referrers", {"value": "x.example"}).status_code == 404
    assert referrers.referrers_of(fresh(acme)) is not None
