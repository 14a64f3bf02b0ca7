"""Backends, and the paths below which products use them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.services import backends as services
from tollway.portal.events.selectors import events_of


def test_a_backend_has_its_own_hits_and_a_port(acme: Provider) -> None:
    assert acme.backend.private_endpoint == "https://echo-api.3scale.net:443"
    assert acme.backend.system_name == "echo"
    assert selectors.hits_of(acme.tenant, acme.backend).backend == acme.backend


@pytest.mark.parametrize(
    ("address", "message"),
    [("", "can't be blank"), ("http://localhost:3000", "can't be localhost")],
)
def test_a_bad_address_is_refused_and_nothing_is_made(
    acme: Provider, address: str, message: str
) -> None:
    with pytest.raises(ValidationError) as failed:
        services.create_backend(acme.tenant, by=BY, name="B", private_endpoint=address)
    assert failed.value.message_dict == {"private_endpoint": [message]}
    with pytest.raises(ValidationError):
        services.update_backend(acme.backend, by=BY, private_endpoint="http://127.0.0.1")
    assert selectors.backends_of(acme.tenant).count() == 1


def test_an_address_that_only_lacks_its_port_is_no_change(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    services.update_backend(acme.backend, by=BY, private_endpoint="https://echo-api.3scale.net")
    assert events_of(acme.tenant).count() == before


@pytest.mark.parametrize(
    ("given", "kept"), [("", "/"), ("/", "/"), ("/a/", "/a"), ("a/b", "/a/b"), ("//a//b/", "/a/b")]
)
def test_a_path_starts_with_a_slash_and_ends_without(acme: Provider, given: str, kept: str) -> None:
    product = acme.another_product()
    usage = services.create_backend_usage(product, by=BY, backend=acme.backend, path=given)
    assert usage.path == kept


@pytest.mark.parametrize("path", ["/a b", "/{x}", "/a'b", "/a?x=1", "/%zz", '/a"', "/ü"])
def test_a_path_that_no_url_has_is_refused(acme: Provider, path: str) -> None:
    with pytest.raises(ValidationError) as failed:
        services.update_backend_usage(acme.product.backend_usages.get(), by=BY, path=path)
    assert failed.value.message_dict == {"path": ["is invalid"]}


def test_paths_and_backends_are_used_once_in_a_product(acme: Provider) -> None:
    other = services.create_backend(acme.tenant, by=BY, name="B", private_endpoint="http://b.test")
    with pytest.raises(ValidationError) as failed:
        services.create_backend_usage(acme.product, by=BY, backend=other)
    assert failed.value.message_dict == {"path": ["has already been taken"]}
    with pytest.raises(ValidationError) as failed:
        services.create_backend_usage(acme.product, by=BY, backend=acme.backend, path="/x")
    assert failed.value.message_dict == {"backend": ["has already been taken"]}
    usage = services.create_backend_usage(acme.product, by=BY, backend=other, path="/b")
    services.update_backend_usage(usage, by=BY, path="/c/")
    assert usage.path == "/c"


def test_a_stranger_s_backend_cannot_be_used(acme: Provider, globex: Provider) -> None:
    with pytest.raises(ValidationError, match="must belong to the same tenant"):
        services.create_backend_usage(acme.product, by=BY, backend=globex.backend, path="/x")


def test_a_backend_in_use_cannot_be_deleted(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.delete_backend(acme.backend, by=BY)
    assert failed.value.message_dict == {"base": ["It is used by at least one product"]}
    services.delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    services.delete_backend(acme.backend, by=BY)
    assert not selectors.backends_of(acme.tenant).exists()
