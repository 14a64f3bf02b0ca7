"""What a tenant does not use is not named, and its pages say where it is switched on."""

from __future__ import annotations

import pytest

from portal.console.visiting import admin, member, text
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_settings
from tollway.portal.console.palette.pages import found_pages, product_pages
from tollway.portal.console.sight import Sight
from tollway.portal.console.switches import ACCOUNT_PLANS, SERVICE_PLANS, Switch, is_on, switch_of

pytestmark = pytest.mark.django_db

ACCOUNTS = "/buyers/accounts"
CASES = [
    (ACCOUNT_PLANS, ACCOUNTS, "/buyers/account_plans"),
    (SERVICE_PLANS, "/apiconfig/services/{}", "/apiconfig/services/{}/service_plans"),
]


@pytest.mark.parametrize(("switch", "beside", "path"), CASES)
def test_navigation_names_what_is_switched_on(
    acme: Provider, switch: Switch, beside: str, path: str
) -> None:
    client, path = admin(acme), path.format(acme.product.pk)
    beside = beside.format(acme.product.pk)
    assert not is_on(acme.tenant, switch)
    assert f'href="{path}"' not in client.get(beside).content.decode()
    update_settings(acme.tenant, by=BY, **{switch.column: True})
    assert f'href="{path}"' in client.get(beside).content.decode()
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(("switch", "beside", "path"), CASES)
def test_what_is_off_says_where_it_is_switched_on_and_who_can(
    acme: Provider, switch: Switch, beside: str, path: str
) -> None:
    path = path.format(acme.product.pk)
    of_admin = admin(acme).get(path)
    assert (of_admin.status_code, switch.text in text(of_admin)) == (404, True)
    assert f'href="/p/admin/cms/switches#{switch.column}"' in of_admin.content.decode()
    of_member = member(acme, "plans").get(path)
    assert "admin can switch them on." in text(of_member)
    assert f'href="/p/admin/cms/switches#{switch.column}"' not in of_member.content.decode()
    assert member(acme, "portal", name="other").get(path).status_code == 403


def test_a_view_that_no_switch_turns_off_has_none(acme: Provider) -> None:
    assert switch_of(is_on) is None
    assert is_on(acme.tenant, None)


def test_the_palette_offers_what_is_switched_on(acme: Provider) -> None:
    sight = Sight(acme.tenant, acme.admin, None)

    def found() -> set[str]:
        of_product = product_pages(sight, acme.product)
        return {hit.title for hit in [*found_pages(sight, ""), *of_product]}

    switched = {"Account plans", "Service plans", "Subscriptions"}
    assert not switched & found()
    on = {ACCOUNT_PLANS.column: True, SERVICE_PLANS.column: True}
    update_settings(acme.tenant, by=BY, **on)
    acme.tenant.settings.refresh_from_db()
    assert switched <= found()
