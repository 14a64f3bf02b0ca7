"""What is answered when nothing fits, or when we fail."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from portal.people import Provider
from tollway.portal import urls

pytestmark = pytest.mark.django_db

HOST = {"host": "acme-admin.localhost"}


def fail(request: object) -> HttpResponse:
    raise ZeroDivisionError(request)


class Failing:
    """The portal's URLs, with one page and one operation that fail."""

    urlpatterns = [path("boom", fail), path("admin/api/boom.json", fail), path("stats/boom", fail)]
    handler404 = staticmethod(urls.handler404)
    handler500 = staticmethod(urls.handler500)


@pytest.fixture
def client(acme: Provider) -> Client:
    return Client(headers=HOST, raise_request_exception=False)


def test_what_is_gone_puts_no_whole_page_into_a_part_of_one(client: Client) -> None:
    answer = client.post("/nothing", headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Reswap"]) == (404, "none")
    assert "<html" not in answer.content.decode()
    assert "It is not there any more" in answer.content.decode()


def test_an_unknown_page_is_a_friendly_404(client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert "There is no such page here" in response.content.decode()


def test_our_own_faults_are_told_with_the_requests_id(client: Client) -> None:
    with override_settings(ROOT_URLCONF=Failing):
        page = client.get("/boom", headers={"x-request-id": "mine-4711"})
        api = client.get("/admin/api/boom.json")
        xml = client.get("/stats/boom")
    assert page.status_code == api.status_code == xml.status_code == 500
    assert "mine-4711" in page.content.decode()
    assert json.loads(api.content) == {"error": "Internal server error"}
    assert xml.content.endswith(b"<error>Internal server error</error>")


def test_a_malformed_request_to_the_api_is_refused_in_its_format(client: Client) -> None:
    response = client.get("/admin/api/services.json", headers={"host": "acme-admin.localhost:x"})
    assert response.status_code == 400
    assert json.loads(response.content) == {"error": "the request is malformed"}
