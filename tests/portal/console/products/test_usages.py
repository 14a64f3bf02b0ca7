"""The backends of a product: adding one below a path, moving it, and stopping to use it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.console.visiting import NONCE, admin, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.applications.services import update_product
from tollway.portal.catalog.models import Backend
from tollway.portal.catalog.services import create_backend, update_backend_usage
from tollway.portal.console.products import usages

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


@pytest.fixture
def stock(acme: Provider) -> Backend:
    return create_backend(acme.tenant, by=BY, name="Stock", private_endpoint="http://stock.test")


def page_of(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/backend_usages"


def paths(provider: Provider) -> dict[str, str]:
    found = provider.product.backend_usages.select_related("backend")
    return {usage.backend.name: usage.path for usage in found}


def test_a_backend_is_used_below_a_path_once(
    acme: Provider, client: Client, stock: Backend
) -> None:
    assert "Stock (http://stock.test:80)" in text(client.get(page_of(acme)))
    sent = {"backend": stock.pk, "path": "/stock/", "once": NONCE}
    for _ in range(2):
        assert client.post(f"{page_of(acme)}/new", sent)["Location"] == page_of(acme)
    assert paths(acme) == {"Echo": "/", "Stock": "/stock"}
    assert "Stock answers below /stock" in toasts(client)
    assert "The product uses every backend there is." in text(client.get(page_of(acme)))


WRONG = [
    ({"path": "/"}, "path", "Has already been taken"),
    ({"path": "/a b"}, "path", "Is invalid"),
    ({"path": "/" + "a" * 255}, "path", "at most 255 characters"),
    ({"backend": "", "path": "/a"}, "backend", "Choose a backend"),
    ({"backend": "0", "path": "/a"}, "backend", "Select a valid choice"),
]


@pytest.mark.parametrize(("change", "field", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field(
    acme: Provider,
    client: Client,
    stock: Backend,
    change: dict[str, str],
    field: str,
    message: str,
) -> None:
    response = client.post(f"{page_of(acme)}/new", {"backend": stock.pk, **change})
    assert (response.status_code, message in text(response)) == (422, True)
    assert f'id="id_{field}_error"' in response.content.decode()
    assert paths(acme) == {"Echo": "/"}


def test_a_path_is_changed_unless_somebody_was_faster(acme: Provider, client: Client) -> None:
    [usage] = acme.product.backend_usages.all()
    edit = f"{page_of(acme)}/{usage.pk}/edit"
    before = seen(client.get(edit))
    update_backend_usage(usage, by=BY, path="/theirs")
    clash = client.post(edit, {"path": "/mine", "seen": before})
    assert (clash.status_code, "/theirs" in text(clash)) == (409, True)
    assert client.post(edit, {"path": "/mine", "seen": seen(clash)})["Location"] == page_of(acme)
    assert paths(acme) == {"Echo": "/mine"}
    assert client.post(edit, {"path": "no path"}).status_code == 422


def test_a_backend_that_is_not_used_any_more_comes_back(acme: Provider, client: Client) -> None:
    [usage] = acme.product.backend_usages.all()
    delete = f"{page_of(acme)}/{usage.pk}/delete"
    for _ in range(2):
        assert client.post(delete)["Location"] == page_of(acme)
    toast = toasts(client)
    assert "Echo is not used any more" in toast
    assert f'name="backend" value="{acme.backend.pk}"' in toast
    client.post(f"{page_of(acme)}/new", {"backend": acme.backend.pk, "path": "/"})
    assert paths(acme) == {"Echo": "/"}


def test_without_a_gateway_there_is_one_backend(
    acme: Provider, client: Client, stock: Backend
) -> None:
    update_product(acme.product, by=BY, deployment_option="plugin_ruby")
    assert "Without a gateway a product uses one backend only" in text(client.get(page_of(acme)))
    refused = client.post(f"{page_of(acme)}/new", {"backend": stock.pk, "path": "/s"})
    assert refused.status_code == 422


def test_backends_of_others_cannot_be_used(
    acme: Provider, globex: Provider, client: Client
) -> None:
    sent = {"backend": globex.backend.pk, "path": "/theirs"}
    assert client.post(f"{page_of(acme)}/new", sent).status_code == 422
    theirs = globex.product.backend_usages.get()
    assert client.get(f"{page_of(acme)}/{theirs.pk}/edit").status_code == 404
    client.post(f"{page_of(acme)}/{theirs.pk}/delete")
    assert globex.product.backend_usages.exists()


def test_more_backends_than_a_list_bears_are_not_offered(acme: Provider, client: Client) -> None:
    Backend.objects.bulk_create(
        Backend(tenant=acme.tenant, name=f"B {n}", system_name=f"b{n}", private_endpoint="http://b")
        for n in range(usages.OFFERED_MAX + 1)
    )
    page = client.get(page_of(acme)).content.decode()
    assert len(set(re.findall(r">\s*(B \d+) \(http", page))) == usages.OFFERED_MAX
