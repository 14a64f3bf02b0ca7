"""Documents are listed, written with their faults at the field, shown, published and deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from portal.apidocs.texts import openapi, text
from portal.console.visiting import NONCE, admin, member, seen, toasts
from portal.console.visiting import text as read
from portal.people import BY, Provider
from tollway.portal.apidocs.checking import faults_of
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.reading import BYTES_MAX
from tollway.portal.apidocs.services import create_document, update_document
from tollway.portal.catalog.services import deploy
from tollway.portal.console import places
from tollway.portal.console.apidocs import finding, forms, index, own, preview, routes, writing

pytestmark = pytest.mark.django_db

MODULES = (finding, forms, index, own, preview, routes, writing)  # what these addresses lead to
ALL = "/admin/api_docs/services"
BAD = openapi(info={"title": "Echo"})


def made(provider: Provider, **fields: Any) -> ApiDocument:
    return create_document(provider.tenant, by=BY, **{"name": "Echo", "body": text(), **fields})


def of(document: ApiDocument, page: str) -> str:
    return f"{ALL}/{document.pk}/{page}"


def new(client: Client, **fields: Any) -> Any:
    return client.post(f"{ALL}/new", {"once": NONCE, "name": "Echo", "body": text(), **fields})


def edit(client: Client, document: ApiDocument, **fields: Any) -> Any:
    version = seen(client.get(of(document, "edit")))
    given = {"name": document.name, "body": document.body, "seen": version, **fields}
    return client.post(of(document, "edit"), given)


def test_everybody_reads_the_own_api_at_3scale_s_address(acme: Provider) -> None:
    page = member(acme).get("/p/admin/api_docs")
    assert page.status_code == 200
    (document,) = re.findall('data-reference="([^"]+)"', page.content.decode())
    assert Client(headers={"host": "acme-admin.localhost"}).get(document).json()["openapi"]


def test_everybody_reads_the_authority_s_api_and_only_the_authority_is_called(
    acme: Provider,
) -> None:
    client = member(acme)
    page = client.get("/p/admin/api_docs/authority")
    url = settings.TOLLWAY.authority_url
    assert f"connect-src 'self' {url};" in page["Content-Security-Policy"]
    (path,) = re.findall('data-reference="([^"]+)"', page.content.decode())
    document = client.get(path).json()
    assert document["servers"] == [{"url": url}]
    assert faults_of(document) == []
    assert set(document["paths"]) == {
        "/transactions/authrep.xml", "/transactions/authorize.xml", "/transactions.xml",
        "/transactions/oauth_authrep.xml", "/transactions/oauth_authorize.xml", "/status",
    }  # fmt: skip
    without = msgspec.structs.replace(settings.TOLLWAY, authority_url="")
    with override_settings(TOLLWAY=without):
        page = client.get("/p/admin/api_docs/authority")
        assert 'data-tries="no"' in page.content.decode()
        assert "connect-src 'self';" in page["Content-Security-Policy"]
        assert "servers" not in client.get(path).json()


def test_they_are_where_3scale_has_them(acme: Provider) -> None:
    assert places.api_documents() == ALL
    path = places.product_api_documents(acme.product.pk)
    assert admin(acme).get(path).status_code == 200
    assert "No documents yet" in read(admin(acme).get(ALL))


def test_the_lists_show_all_or_those_of_a_product(acme: Provider) -> None:
    made(acme, name="Buses", product=acme.product, published=True)
    made(acme, name="Trains", body=text(openapi("3.1.0")))
    client = admin(acme)
    said = read(client.get(ALL))
    assert all(
        word in said for word in ("Buses", "Trains", "3.0.3", "3.1.0", "Published", "Hidden")
    )
    of_product = read(client.get(places.product_api_documents(acme.product.pk)))
    assert "Buses" in of_product
    assert "Trains" not in of_product
    assert "Trains" not in read(client.get(f"{ALL}?q=bus"))
    assert "No documents match" in read(client.get(f"{ALL}?q=zzz"))


def test_a_document_is_typed(acme: Provider) -> None:
    client = admin(acme)
    body = text().replace("\n", "\r\n")  # as browsers send it
    answer = new(client, body=body, product=str(acme.product.pk), published="on")
    document = ApiDocument.objects.get()
    assert answer["Location"] == of(document, "preview")
    assert (document.body, document.product, document.published) == (text(), acme.product, True)
    assert new(client)["Location"] == of(document, "preview"), "the second time leads to the first"
    assert ApiDocument.objects.count() == 1


@pytest.mark.parametrize("name", ["echo.yaml", "echo.json"])
def test_a_document_comes_from_a_file(acme: Provider, name: str) -> None:
    body = "openapi: 3.0.3\ninfo: {title: Écho, version: '1'}\npaths: {}\n"
    file = SimpleUploadedFile(name, b"\xef\xbb\xbf" + body.encode())
    assert new(admin(acme), body="", file=file).status_code == 302
    assert ApiDocument.objects.get().body == body


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Enter a name."),
        ({"body": ""}, "Enter a document, or choose a file."),
        ({"body": "{"}, "Line 1, column 2:"),
        ({"body": text(BAD)}, 'Line 3, info: "version" is a required property'),
        ({"system_name": "a b"}, "Is invalid"),
        ({"product": "999999"}, "Select a valid choice"),
        ({"file": SimpleUploadedFile("x", b"\xff\xfe")}, "Is no text in UTF-8."),
        ({"file": SimpleUploadedFile("x", b"a" * (BYTES_MAX + 1))}, "Is too long"),
        ({"file": SimpleUploadedFile("x", b"[1]")}, "Must be an object in JSON or YAML"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_nothing_is_lost(
    acme: Provider, fields: dict[str, Any], said: str
) -> None:
    for file in fields.values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)
    answer = new(admin(acme), description="keep me", **fields)
    assert answer.status_code == 422
    assert said in read(answer)
    assert "keep me" in read(answer)
    assert not ApiDocument.objects.exists()


def test_a_faulty_document_is_kept_for_who_insists(acme: Provider) -> None:
    assert new(admin(acme), body=text(BAD), skip_swagger_validations="on").status_code == 302


def test_a_document_is_changed_and_a_faulty_change_is_not(acme: Provider) -> None:
    document, client = made(acme), admin(acme)
    assert edit(client, document, name="Other", body=text(BAD)).status_code == 422
    document.refresh_from_db()
    assert document.name == "Echo"
    assert edit(client, document, name="Other", body=text(openapi("3.1.0"))).status_code == 302
    document.refresh_from_db()
    assert (document.name, document.version, document.system_name) == ("Other", "3.1.0", "echo")


def test_two_editors_see_the_first_line_in_which_they_differ(acme: Provider) -> None:
    document, client = made(acme), admin(acme)
    version = seen(client.get(of(document, "edit")))
    update_document(document, by=BY, body=text(openapi("3.1.0")))
    answer = client.post(of(document, "edit"), {"name": "Mine", "body": text(), "seen": version})
    assert answer.status_code == 409
    said = read(answer)
    assert 'line 2: "openapi": "3.1.0"' in said
    assert 'line 2: "openapi": "3.0.3"' in said
    again = {"name": "Mine", "body": text(), "seen": seen(answer)}
    assert client.post(of(document, "edit"), again).status_code == 302
    document.refresh_from_db()
    assert (document.name, document.body) == ("Mine", text())


def test_publishing_is_undone_by_the_same_address(acme: Provider) -> None:
    document, client = made(acme), admin(acme)
    answer = client.post(of(document, "publish"), {"published": "1"})
    assert answer["Location"] == ALL
    assert of(document, "publish") in toasts(client)
    document.refresh_from_db()
    assert document.published
    path = places.product_api_documents(acme.product.pk)
    answer = client.post(of(document, "publish"), {"published": "", "of": acme.product.pk})
    assert answer["Location"] == path
    answer = client.post(of(document, "publish"), {"published": "1", "of": "this"})
    assert answer["Location"] == of(document, "preview")


def test_the_preview_shows_what_developers_get_and_calls_nobody(acme: Provider) -> None:
    document, client = made(acme, product=acme.product), admin(acme)
    deploy(acme.product, by=BY)
    page = client.get(of(document, "preview")).content.decode()
    assert 'data-tries="no"' in page
    assert of(document, "content.json") in page
    assert "Open in the developer portal" not in page
    content = client.get(of(document, "content.json")).json()
    assert ".staging." in content["servers"][0]["url"]
    assert json.loads(document.body) == openapi()
    update_document(document, by=BY, published=True)
    page = client.get(of(document, "preview")).content.decode()
    assert "http://acme.localhost:3000/docs/echo" in page


def test_a_document_is_deleted_and_deleting_twice_is_no_fault(acme: Provider) -> None:
    document, client = made(acme), admin(acme)
    for _ in range(2):
        assert client.post(of(document, "delete"))["Location"] == ALL
    assert not ApiDocument.objects.exists()


def test_a_member_sees_documents_of_their_products_and_of_none(acme: Provider) -> None:
    other = acme.another_product(name="Other")
    mine, none = made(acme, product=acme.product), made(acme, name="Nobody")
    theirs = made(acme, name="Elsewhere", product=other)
    client = member(acme, "plans", products=[acme.product.pk])
    said = read(client.get(ALL))
    assert "Elsewhere" not in said
    assert "Nobody" in said
    for document, status in ((mine, 200), (none, 200), (theirs, 404)):
        for page in ("edit", "preview", "content.json"):
            assert client.get(of(document, page)).status_code == status
    assert client.post(of(theirs, "delete"))["Location"] == ALL
    assert client.post(of(theirs, "publish")).status_code == 404
    assert new(client, product=str(other.pk)).status_code == 422
    assert ApiDocument.objects.count() == 3


def test_where_there_is_none_the_sample_product_gets_the_echo_api_s_by_one_click(
    acme: Provider,
) -> None:
    offer, client = "Add the Echo API's document", admin(acme)
    of_product = places.product_api_documents(acme.product.pk)
    for path in (ALL, of_product):
        assert offer in read(client.get(path))
    assert client.post(f"{ALL}/echo", {"of": acme.product.pk})["Location"] == of_product
    document = ApiDocument.objects.get()
    assert (document.tenant, document.product, document.published) == (
        acme.tenant, acme.product, True,
    )  # fmt: skip
    assert client.post(f"{ALL}/echo")["Location"] == ALL, "pressed twice is pressed once"
    assert ApiDocument.objects.count() == 1
    for path in (ALL, of_product):
        assert offer not in read(client.get(path))
    document.delete()
    other = acme.another_product(name="Other")
    assert offer not in read(client.get(places.product_api_documents(other.pk)))
    blind = member(acme, "plans", products=[other.pk])
    assert offer not in read(blind.get(ALL))
    assert blind.post(f"{ALL}/echo").status_code == 404


def test_strangers_find_nothing(acme: Provider, globex: Provider) -> None:
    document, client = made(acme), admin(globex)
    for page in ("edit", "preview", "content.json"):
        assert client.get(of(document, page)).status_code == 404
    client.post(of(document, "delete"))
    assert ApiDocument.objects.exists()


def test_the_list_costs_the_same_however_long_it_is(acme: Provider) -> None:
    client = admin(acme)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert client.get(ALL).status_code == 200
        return len(counted)

    made(acme, product=acme.product)
    few = queries()
    for number in range(60):
        made(acme, name=f"D{number}", product=acme.product)
    assert queries() == few
