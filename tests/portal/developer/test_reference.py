"""The API reference: what is published, and one's own credentials when they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.apidocs.texts import openapi, text
from portal.developer.visiting import developer, visitor
from portal.developer.visiting import text as read
from portal.people import BY, Provider
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications.selectors import keys_of
from tollway.portal.applications.services import change_state, sign_up, update_product
from tollway.portal.catalog.endpoints import production_endpoint
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.developer.reference import HERE
from tollway.portal.web.headers import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db


def published(provider: Provider, **fields: Any) -> ApiDocument:
    given = {"name": "Echo", "body": text(), "product": provider.product, "published": True}
    return create_document(provider.tenant, by=BY, **{**given, **fields})


def served(provider: Provider) -> str:
    """Put the product in force in production, and return where."""
    deploy(provider.product, by=BY)
    promote(provider.product, by=BY, version=1)
    return production_endpoint(proxy_of(provider.tenant, provider.product))


def credentials(provider: Provider) -> str:
    return f"/admin/applications/{provider.application.pk}/credentials.json"


def test_the_only_document_is_opened_at_once(acme: Provider) -> None:
    published(acme)
    assert reverse(HERE) == "/docs"
    answer = visitor(acme).get("/docs")
    assert (answer.status_code, answer["Location"]) == (302, "/docs/echo")


def test_several_documents_are_listed_by_name_and_found(acme: Provider) -> None:
    published(acme, name="Weather", description="Rain and sun")
    published(acme, name="buses")
    published(acme, name="Secret", published=False)
    said = read(visitor(acme).get("/docs"))
    assert said.index("buses") < said.index("Weather")
    assert "Secret" not in said
    assert "buses" not in read(visitor(acme).get("/docs?q=rain"))
    assert "No APIs match" in read(visitor(acme).get("/docs?q=zzz"))


def test_nothing_published_is_said_and_the_navigation_has_no_link(acme: Provider) -> None:
    published(acme, published=False)
    page = visitor(acme).get("/docs")
    assert "Nothing is documented yet" in read(page)
    assert 'href="/docs"' not in page.content.decode()
    assert visitor(acme).get("/docs/echo").status_code == 404
    assert visitor(acme).get("/swagger/spec/echo.json").status_code == 404


def test_what_another_tenant_publishes_is_not_there(acme: Provider, globex: Provider) -> None:
    published(acme)
    for path in ("/docs/echo", "/swagger/spec/echo.json"):
        assert visitor(globex).get(path).status_code == 404
    assert visitor(globex).get("/swagger/spec.json").json() == {"apis": []}


def test_a_visitor_reads_without_signing_in_and_past_the_access_code_only(acme: Provider) -> None:
    published(acme)
    served(acme)
    said = read(visitor(acme).get("/docs/echo"))
    assert "Sign in to have your credentials filled in" in said
    acme.tenant.site_access_code = "open sesame"
    acme.tenant.save()
    for path in ("/docs", "/docs/echo", "/swagger/spec.json", "/swagger/spec/echo.json"):
        answer = visitor(acme, code=True).get(path)
        assert answer["Location"].startswith("/access_code"), path


def test_the_document_leads_to_the_gateway_and_the_page_may_call_it_and_nobody_else(
    acme: Provider,
) -> None:
    published(acme, body=text(openapi(servers=[{"url": "https://internal.example/v1"}])))
    gateway = served(acme)
    spec = visitor(acme).get("/swagger/spec/echo.json")
    assert spec["Content-Type"] == "application/json"
    assert spec.json()["servers"] == [{"url": f"{gateway}/v1"}]
    assert "user_key" in spec.json()["components"]["securitySchemes"]
    policy = visitor(acme).get("/docs/echo")["Content-Security-Policy"]
    assert f"connect-src 'self' {gateway};" in policy
    assert policy.replace(f" {gateway}", "") == CONTENT_SECURITY_POLICY
    assert visitor(acme).get("/")["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_product_that_nobody_serves_is_shown_as_it_is_written(acme: Provider) -> None:
    published(acme)
    page = visitor(acme).get("/docs/echo")
    assert page["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "Sign in to have" not in read(page)
    assert visitor(acme).get("/swagger/spec/echo.json").json() == openapi()


def test_a_document_of_no_product_may_call_all_of_them(acme: Provider) -> None:
    published(acme, product=None)
    gateway = served(acme)
    assert gateway in visitor(acme).get("/docs/echo")["Content-Security-Policy"]
    assert visitor(acme).get("/swagger/spec/echo.json").json() == openapi()


def test_programs_find_the_list(acme: Provider) -> None:
    published(acme, description="All of it")
    assert visitor(acme).get("/swagger/spec.json").json() == {
        "apis": [
            {
                "system_name": "echo",
                "name": "Echo",
                "description": "All of it",
                "path": "http://acme.localhost:3000/swagger/spec/echo.json",
            }
        ]
    }


def test_who_is_signed_in_chooses_among_live_applications_of_the_product(acme: Provider) -> None:
    published(acme)
    served(acme)
    acme.another_application(name="Second")
    change_state(acme.another_application(name="Asleep"), "suspend", by=BY)
    page = developer(acme).get("/docs/echo")
    said = read(page)
    assert "Second" in said
    assert "Asleep" not in said
    assert credentials(acme) in page.content.decode()
    assert acme.application.user_key not in page.content.decode(), "no key before it is asked for"


def test_who_has_no_application_is_told_so(acme: Provider) -> None:
    published(acme, product=acme.another_product(name="Other"))
    deploy_other(acme)
    assert "You have no live application of Other" in read(developer(acme).get("/docs/echo"))


def deploy_other(provider: Provider) -> None:
    other = ApiDocument.objects.get().product
    assert other
    update_proxy(other, by=BY, api_backend="https://echo-api.3scale.net")


def test_credentials_are_the_developers_own_and_never_kept(acme: Provider) -> None:
    client = developer(acme)
    answer = client.get(credentials(acme))
    assert answer.json() == {"user_key": acme.application.user_key}
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert client.post(credentials(acme)).status_code == 405
    for site in ("cross-site", "same-site", "none"):
        refused = client.get(credentials(acme), headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 404
    assert visitor(acme).get(credentials(acme))["Location"].startswith("/login")


def test_credentials_of_others_and_of_those_who_sleep_are_not_there(acme: Provider) -> None:
    client = developer(acme)
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="olga", email="o@x.example")
    acme.application.account = other.account
    acme.application.save()
    assert client.get(credentials(acme)).status_code == 404
    asleep = acme.another_application(name="Asleep")
    change_state(asleep, "suspend", by=BY)
    path = f"/admin/applications/{asleep.pk}/credentials.json"
    assert client.get(path).status_code == 404


def test_credentials_go_by_the_names_that_the_product_reads(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    update_proxy(acme.product, by=BY, auth_app_id="id", auth_app_key="secret")
    (key,) = keys_of(acme.tenant, acme.application)
    told = developer(acme).get(credentials(acme)).json()
    assert told == {"id": acme.application.application_id, "secret": key.value}


def test_the_list_costs_the_same_however_long_it_is(acme: Provider) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert visitor(acme).get("/docs").status_code == 200
        return len(counted)

    for number in range(3):
        published(acme, name=f"A{number}")
    few = queries()
    for number in range(60):
        published(acme, name=f"B{number}")
    assert queries() == few
