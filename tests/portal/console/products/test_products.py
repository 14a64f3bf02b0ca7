"""The list of products, a new one, its overview, changing and deleting it."""

from __future__ import annotations

import re
from inspect import unwrap

import pytest
from django.test import Client
from django.urls import resolve, reverse
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.services import update_product
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.console import naming, saving
from tollway.portal.console.products import forms, index, making, navigation, overview, routes
from tollway.portal.events.models import Event
from tollway.portal.plans.services import create_limit
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

LIST = "/apiconfig/services"


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def page_of(provider: Provider) -> str:
    return f"{LIST}/{provider.product.pk}"


# --- the list --------------------------------------------------------------------------------


def test_the_list_says_what_runs_where(acme: Provider, client: Client) -> None:
    assert "API api 1 0 none Not set up" in text(client.get(LIST))
    deploy(acme.product, by=BY)
    assert "API api 1 0 v1 Not promoted" in text(client.get(LIST))
    promote(acme.product, by=BY, version=1)
    assert "API api 1 0 v1 v1 Live" in text(client.get(LIST))
    update_proxy(acme.product, by=BY, api_test_path="/x")
    assert "API api 1 0 v2 v1 Behind staging" in text(client.get(LIST))
    update_product(acme.product, by=BY, deployment_option="plugin_ruby")
    assert "in your code" in text(client.get(LIST))


def test_products_are_searched_sorted_and_paged(acme: Provider, client: Client) -> None:
    for number in range(60):
        acme.another_product(f"Bus {number:02}")
    assert "50 of 61 products" in text(client.get(LIST))
    second = text(client.get(LIST, {"page": "2", "sort": "-name"}))
    assert ("Bus 00" in second, "Bus 59" in second) == (True, False)
    found = text(client.get(LIST, {"q": "bus 07"}))
    assert ("Bus 07" in found, "Bus 08" in found) == (True, False)
    assert "No products match “zebra”" in text(client.get(LIST, {"q": "zebra"}))
    by_applications = text(client.get(LIST, {"sort": "-applications"}))
    assert by_applications.index("API api") < by_applications.index("Bus")


def test_the_number_of_queries_does_not_grow_with_the_products(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        deploy_to = acme.another_product(f"Bus {number}")
        deploy_to.save()
    with django_assert_max_num_queries(14):
        client.get(LIST)


def test_members_see_their_products_only(acme: Provider) -> None:
    other = acme.another_product("Night Bus")
    limited = member(acme, "plans", products=[other.pk])
    page = text(limited.get(LIST))
    assert ("Night Bus" in page, "API api" in page, "Create product" in page) == (
        True, False, False,
    )  # fmt: skip
    assert limited.get(f"{LIST}/{other.pk}").status_code == 200
    assert limited.get(page_of(acme)).status_code == 404
    refused = limited.post(f"{LIST}/new", {"name": "Mine"})
    assert (refused.status_code, "An admin can create it" in text(refused)) == (403, True)
    assert "No products for you" in text(member(acme, "plans", products=[], name="none").get(LIST))


def test_without_the_permission_it_is_said_who_gives_it(acme: Provider) -> None:
    refused = member(acme, "finance").get(LIST)
    assert refused.status_code == 403
    assert "You need the permission “Plans”" in text(refused)
    assert "admin can give it to you" in text(refused)


def test_strangers_find_nothing(acme: Provider, globex: Provider) -> None:
    stranger = admin(globex)
    assert str(acme.product.pk) not in stranger.get(LIST).content.decode().split("services/")
    for path in ("", "/edit", "/settings", "/code", "/backend_usages"):
        assert stranger.get(page_of(acme) + path).status_code == 404
    for path in ("/edit", "/settings", "/settings/rotate", "/backend_usages/new"):
        assert stranger.post(page_of(acme) + path, {"name": "x"}).status_code == 404
    assert stranger.post(f"{page_of(acme)}/delete", {"typed": "api"}).status_code == 302
    assert Product.objects.filter(pk=acme.product.pk).exists()
    assert Client(headers={"host": "acme.localhost"}).get(LIST).status_code == 404


def test_who_is_not_signed_in_comes_back_after_signing_in(acme: Provider) -> None:
    visitor = Client(headers={"host": "acme-admin.localhost"})
    assert visitor.get(LIST)["Location"] == f"/p/login?next={LIST}"


# --- a new one -------------------------------------------------------------------------------


def test_a_product_is_made_once(acme: Provider, client: Client) -> None:
    sent = {"name": "Night Bus", "description": "After midnight", "once": NONCE}
    places = {client.post(f"{LIST}/new", sent)["Location"] for _ in range(2)}
    product = Product.objects.get(system_name="night_bus")
    assert places == {f"{LIST}/{product.pk}"}
    assert (product.description, product.metrics.count()) == ("After midnight", 1)
    page = text(client.get(f"{LIST}/{product.pk}"))
    assert "Night Bus is there" in page
    assert "Add a backend first" in page


WRONG = [
    ({"name": ""}, "name", "Enter a name."),
    ({"name": " "}, "name", "Enter a name."),
    ({"name": "x" * 256}, "name", "at most 255 characters"),
    ({"name": "x", "system_name": "api"}, "system_name", "Has already been taken"),
    ({"name": "x", "system_name": "a.b"}, "system_name", "Is invalid"),
]


@pytest.mark.parametrize(("sent", "field", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field_and_nothing_changes(
    acme: Provider, client: Client, sent: dict[str, str], field: str, message: str
) -> None:
    events = Event.objects.count()
    response = client.post(f"{LIST}/new", {**sent, "description": "kept"})
    page = response.content.decode()
    assert (response.status_code, message in text(response)) == (422, True)
    assert f'id="id_{field}_error"' in page
    assert "kept</textarea>" in page.replace("\n", "")
    assert (Product.objects.count(), Event.objects.count()) == (1, events)


def test_the_operators_limit_is_said(acme: Provider, client: Client) -> None:
    Tenant.objects.filter(pk=acme.tenant.pk).update(max_services=1)
    refused = client.post(f"{LIST}/new", {"name": "Another"})
    assert refused.status_code == 422
    assert "The limit of 1 products is reached" in text(refused)


def test_the_system_name_is_suggested(acme: Provider, client: Client) -> None:
    assert "It will be api_2 ," in text(client.get(f"{LIST}/suggest", {"name": "API"}))
    page = client.get(f"{LIST}/new").content.decode()
    assert f'hx-get="{LIST}/suggest"' in page
    assert naming.Naming(forms.NAMING.rule, "", "product").accepts("night-bus_2")


# --- one -------------------------------------------------------------------------------------


def test_the_overview_shows_a_product_at_a_glance(acme: Provider, client: Client) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3000)
    deploy(acme.product, by=BY)
    response = client.get(page_of(acme))
    page = text(response)
    assert "Staging v1 http://api-" in page
    assert "Production Nothing yet http://api-" in page
    assert f"user_key={acme.application.user_key}" in page
    assert "App Developer Basic Live" in page
    assert "Basic" in page
    assert "3,000 hits per hour" in page
    assert "Echo https://echo-api.3scale.net:443" in page


def test_a_member_is_shown_no_keys_developers_or_calls_without_the_permission(
    acme: Provider,
) -> None:
    deploy(acme.product, by=BY)
    shown = member(acme, "plans")
    page = text(shown.get(page_of(acme)))
    assert "user_key=USER_KEY" in page
    for hidden in (
        acme.application.user_key,
        "Latest applications",
        "App Developer",
        "Calls, last",
    ):
        assert hidden not in page
    products = text(shown.get(LIST))
    assert "Applications" not in products
    assert "Calls, 24 h" not in products
    both = member(acme, "plans", "partners", "monitoring", name="both")
    page = text(both.get(page_of(acme)))
    assert f"user_key={acme.application.user_key}" in page
    assert "Calls, last 24 hours" in page


def test_the_overview_says_what_is_missing_for_a_call(acme: Provider, client: Client) -> None:
    assert "Nothing is served yet: deploy to staging" in text(client.get(page_of(acme)))
    bare = acme.another_product("Bare")
    page = text(client.get(f"{LIST}/{bare.pk}"))
    assert "Add a backend first" in page
    assert "No applications yet" in page
    assert "No plans yet" in page


@pytest.mark.parametrize("option", ["plugin_php", "service_mesh_istio", "self_managed"])
def test_the_overview_fits_every_deployment(acme: Provider, client: Client, option: str) -> None:
    update_product(acme.product, by=BY, deployment_option=option)
    deployable = option != "plugin_php"
    if deployable:
        deploy(acme.product, by=BY)
    page = text(client.get(page_of(acme)))
    assert ("The code for it" in page) is not deployable
    assert ("Staging" in page) is (option == "self_managed")


def test_the_overviews_queries_are_few_however_many_rows_there_are(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        acme.another_application(name=f"App {number}")
    with django_assert_max_num_queries(32):
        page = client.get(page_of(acme))
    assert len(set(re.findall(r"App \d+", text(page)))) == overview.LATEST_APPLICATIONS


def test_a_product_is_renamed_and_two_editors_see_each_other(
    acme: Provider, client: Client
) -> None:
    edit = f"{page_of(acme)}/edit"
    before = seen(client.get(edit))
    sent = {"name": "Bus", "description": "", "support_email": "help@acme.example"}
    assert client.post(edit, {**sent, "seen": before})["Location"] == page_of(acme)
    clash = client.post(edit, {**sent, "name": "Tram", "seen": before})
    assert (clash.status_code, "Bus" in text(clash), "Tram" in text(clash)) == (409, True, True)
    acme.product.refresh_from_db()
    assert (acme.product.name, acme.product.support_email) == ("Bus", "help@acme.example")


def test_a_change_that_the_form_does_not_show_is_no_clash(acme: Provider, client: Client) -> None:
    edit = f"{page_of(acme)}/edit"
    form = client.get(edit)
    before = {"seen": seen(form), "was": seen(form, "was")}
    update_product(acme.product, by=BY, buyers_manage_apps=False)
    sent = {"name": "API", "description": "New", "support_email": "", **before}
    assert client.post(edit, sent).status_code == 302
    acme.product.refresh_from_db()
    assert (acme.product.description, acme.product.buyers_manage_apps) == ("New", False)
    assert saving.Outcome(saved=False).status == 422


def test_a_wrong_address_is_said_at_its_field(acme: Provider, client: Client) -> None:
    refused = client.post(f"{page_of(acme)}/edit", {"name": "Bus", "support_email": "help"})
    assert refused.status_code == 422
    assert "Enter an address like help@example.com." in text(refused)
    assert 'value="help"' in refused.content.decode()


def test_a_product_is_deleted_after_its_name_was_typed(acme: Provider, client: Client) -> None:
    other = acme.another_product("Night Bus")
    page = text(client.get(f"{page_of(acme)}/edit"))
    assert "With it go 1 application with their keys, 1 application plan" in page
    delete = f"{LIST}/{other.pk}/delete"
    refused = client.post(delete, {"typed": "night"})
    assert (refused.status_code, "type night_bus to confirm" in text(refused)) == (422, True)
    for _ in range(2):
        assert client.post(delete, {"typed": "night_bus"})["Location"] == LIST
    assert not Product.objects.filter(pk=other.pk).exists()
    assert "Night Bus is deleted" in toasts(client)


def test_the_last_product_stays(acme: Provider, client: Client) -> None:
    assert "This is the only product" in text(client.get(f"{page_of(acme)}/edit"))
    refused = client.post(f"{page_of(acme)}/delete", {"typed": "api"})
    assert refused.status_code == 422
    assert "The last product cannot be deleted: an organisation keeps one" in text(refused)


# --- the frame -------------------------------------------------------------------------------


def test_the_navigation_leads_to_pages_that_are_there(acme: Provider, client: Client) -> None:
    update_settings(acme.tenant, by=BY, service_plans_ui_visible=True)
    for group in navigation.GROUPS:
        for item in group.items:
            page = client.get(page_of(acme))
            assert f"{item.title}</a>" in page.content.decode().replace("</svg>", "")
    assert {route.name for route in routes.routes} >= {"products", "product", "product-settings"}
    assert index.HERE.area in {route.name for route in routes.routes}


def test_what_cannot_be_a_system_name_is_called_a_product(client: Client) -> None:
    suggested = text(client.get("/apiconfig/services/suggest", {"name": "§"}))
    assert f"It will be {forms.NAMING.fallback} ," in suggested


def test_a_product_is_not_made_by_following_a_link(acme: Provider, client: Client) -> None:
    sent = {"name": "Linked", "system_name": "linked"}
    assert client.get(reverse("product-new"), sent).status_code == 200
    assert unwrap(resolve(reverse("product-new")).func) is unwrap(making.new)
    assert not Product.objects.filter(tenant=acme.tenant, name="Linked").exists()


def test_the_bar_says_what_waits(acme: Provider, client: Client) -> None:
    def bar() -> str:
        page = client.get(page_of(acme)).content.decode()
        return " ".join(page.partition("tw-pending")[2].partition("</div>")[0].split())

    assert "Changes wait to be deployed to staging." in bar()
    assert "Staging runs nothing yet, production runs nothing yet." in bar()
    deploy(acme.product, by=BY)
    assert "Staging waits to be promoted to production." in bar()
    promote(acme.product, by=BY, version=1)
    assert bar() == ""
    update_proxy(acme.product, by=BY, auth_user_key="key", error_no_match="Nothing")
    assert "2 changes wait on staging." in bar()
    assert "Staging runs v2, production runs v1." in bar()
    update_product(acme.product, by=BY, deployment_option="service_mesh_istio")
    assert "Changes wait for the service mesh." in bar()
