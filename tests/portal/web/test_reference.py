"""A document is shown through the gateway that serves its product now."""

from __future__ import annotations

import pytest

from portal.apidocs.texts import openapi, text
from portal.people import BY, Provider
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.services import create_document
from tollway.portal.apidocs.shown import Fill
from tollway.portal.applications.services import update_product
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.web.reference import reference_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(acme: Provider) -> ApiDocument:
    return create_document(acme.tenant, by=BY, name="Echo", body=text(), product=acme.product)


def test_staging_is_shown_until_there_is_production(acme: Provider, document: ApiDocument) -> None:
    assert reference_of(document).origins == ()
    deploy(acme.product, by=BY)
    (staging,) = reference_of(document).origins
    promote(acme.product, by=BY, version=1)
    (production,) = reference_of(document).origins
    assert ".staging." in staging
    assert production == staging.replace(".staging", "").replace("8080", "8081")
    assert reference_of(document).document["servers"] == [{"url": production}]


@pytest.mark.parametrize(
    ("mode", "location", "fills"),
    [
        ("1", "query", (Fill("user_key", False, ("user_key",)),)),
        ("1", "authorization", (Fill("user_key", True, ("user_key",)),)),
        (
            "2",
            "headers",
            (Fill("app_id", False, ("app_id",)), Fill("app_key", False, ("app_key",))),
        ),
        ("oidc", "headers", ()),
    ],
)
def test_what_is_filled_in_is_what_the_product_reads(
    acme: Provider, document: ApiDocument, mode: str, location: str, fills: tuple[Fill, ...]
) -> None:
    update_product(acme.product, by=BY, backend_version=mode)
    update_proxy(acme.product, by=BY, credentials_location=location)
    deploy(acme.product, by=BY)
    document.refresh_from_db()
    assert reference_of(document).fills == fills


def test_an_address_of_the_providers_own_is_the_origin(
    acme: Provider, document: ApiDocument
) -> None:
    update_product(acme.product, by=BY, deployment_option="self_managed")
    update_proxy(acme.product, by=BY, endpoint="https://api.acme.example:8443")
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=1)
    document.refresh_from_db()
    assert reference_of(document).origins == ("https://api.acme.example:8443",)


def test_a_document_of_no_product_is_as_it_is_written(acme: Provider) -> None:
    alone = create_document(acme.tenant, by=BY, name="Echo", body=text())
    deploy(acme.product, by=BY)
    reference = reference_of(alone)
    assert (reference.document, reference.fills) == (openapi(), ())
    assert len(reference.origins) == 1
