"""A developer's dashboard and applications: shown as they are, and keys that change."""

from __future__ import annotations

import pytest

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import former_user_keys_of, keys_of
from tollway.portal.applications.services import add_key, change_state, sign_up, update_product
from tollway.portal.catalog.models import Product
from tollway.portal.developer.showing import masked_key
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db


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
    assert "You have a new key" in said
    assert ("The key before goes on working until" in said) == bool(kept)
    event = Event.objects.filter(kind="application.user_key_changed").latest("id")
    assert (event.actor_kind, event.actor_id) == ("user", str(acme.developer.pk))
    assert event.on_behalf_of == ""


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
