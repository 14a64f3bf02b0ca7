"""The page of all components: only where nobody else looks, and it keeps nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings
from msgspec import structs

from portal.console.visiting import admin, member
from portal.people import Provider
from tollway.portal.console import design, mailbox
from tollway.portal.console.design_samples import CHARTS, ROWS
from tollway.portal.events.selectors import newest_position

pytestmark = pytest.mark.django_db

CELL = "/design/matrix/hits/hour"


def test_every_page_of_it_is_for_whoever_is_signed_in(acme: Provider) -> None:
    assert Client(headers={"host": "acme-admin.localhost"}).get("/design").status_code == 302
    assert Client(headers={"host": "acme.localhost"}).get("/design").status_code == 404
    for client in (admin(acme), member(acme)):
        assert client.get("/design").status_code == 200


ELSEWHERE = [{"bind": "10.1.2.3"}, {"domain": "example.com"}, {"trusted_proxies": ("10.0.0.1",)}]


@pytest.mark.parametrize("installation", ELSEWHERE, ids=str)
def test_where_others_look_it_is_not_there(acme: Provider, installation: dict[str, object]) -> None:
    client = admin(acme)
    given = structs.replace(settings.TOLLWAY, **installation)
    assert mailbox.on_one_machine(settings.TOLLWAY)
    assert not mailbox.on_one_machine(given)
    if "domain" in installation:  # under which this client's host would be no host of ours
        return
    with override_settings(TOLLWAY=given):
        assert client.get("/design").status_code == 404
        assert client.post(CELL, {"value": "3"}).status_code == 404


def test_it_shows_every_partial_that_pages_can_be_put_together_from(acme: Provider) -> None:
    page = admin(acme).get("/design")
    used = {template.name for template in page.templates if template.name}
    folder = Path(design.__file__).parents[1] / "web/templates/web/partials"
    frame = {"side.html", "masthead.html", "toasts.html", "pending.html", "toast_beside.html"}
    frame.add("reference_scripts.html")  # nothing to look at
    wanted = {
        f"web/partials/{file.name}" for file in folder.glob("*.html") if file.name not in frame
    }
    assert wanted - used == {"web/partials/toast.html"}  # with the first thing that is said


ANSWERS = [
    ({"value": "9", "was": "3"}, 200, "Hits per hour is now 9"),
    ({"value": "", "was": "3"}, 200, "Hits per hour is now ∞"),
    ({"value": "3", "was": "3"}, 200, "Hits per hour: 3. Change"),
    ({"value": "lots", "was": "3"}, 422, "A whole number, or nothing"),
    ({"value": "-1", "was": "3"}, 422, "A whole number, or nothing"),
    ({"value": "²", "was": "3"}, 422, "A whole number, or nothing"),
    ({"value": "9" * 40, "was": "3"}, 422, "A whole number, or nothing"),
    ({"value": "9", "was": "<i>"}, 200, "It was ∞"),
    ({"value": "13", "was": "3"}, 409, "Ana Keller set Hits per hour to 5 meanwhile"),
    ({"value": "13", "was": "5", "anyway": "1"}, 200, "Hits per hour is now 13"),
]


@pytest.mark.parametrize(("sent", "status", "said"), ANSWERS)
def test_a_cell_is_answered_as_a_plans_would_be_and_nothing_is_kept(
    acme: Provider, sent: dict[str, str], status: int, said: str
) -> None:
    client, before = admin(acme), newest_position()
    answer = client.post(CELL, sent)
    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    assert "<i>" not in answer.content.decode()
    assert newest_position() == before


def test_every_sample_has_an_address_that_answers(acme: Provider) -> None:
    client = admin(acme)
    for row in ROWS:
        for cell in (*row.cells, *row.prices):
            assert client.post(cell.url, {"value": "", "was": ""}).status_code == 200
        for switch in row.switches:
            assert client.post(switch.url, {"value": "on"}).status_code == 200
    assert {len(one["x"]) - len(s["data"]) for one in CHARTS.values() for s in one["series"]} == {0}


def test_a_price_may_have_a_fraction(acme: Provider) -> None:
    client, path = admin(acme), "/design/matrix/hits/price"
    dearer = client.post(path, {"value": "0.02", "was": "0.0010"}).content.decode()
    assert "Price of Hits is now 0.02" in dearer
    assert "Price of Hits is now free" in client.post(path, {"was": "0.02"}).content.decode()
    assert client.post(path, {"value": "0.00001"}).status_code == 422


def test_what_is_not_in_the_samples_is_not_there(acme: Provider) -> None:
    client = admin(acme)
    for path in ("/design/matrix/nothing/hour", "/design/matrix/hits/eon", "/design/switch/no/On"):
        assert client.post(path, {"value": "1"}).status_code == 404
    assert client.get(CELL).status_code == 405


def test_a_switch_that_is_off_takes_the_cells_away(acme: Provider) -> None:
    client = admin(acme)
    off = client.post("/design/switch/hits/Enabled", {}).content.decode()
    assert "every call is refused with 403" in off
    assert "Enabled is now off for Hits" in off
    on = client.post("/design/switch/hits/Enabled", {"value": "on"}).content.decode()
    assert "refused" not in on


def test_the_form_is_refused_or_taken_and_kept_nowhere(acme: Provider) -> None:
    client = admin(acme)
    refused = client.post("/design/form", {"private_base_url": "ftp://x"})
    assert refused.status_code == 422
    assert "Must start with http:// or https://" in refused.content.decode()
    sent = {"private_base_url": "https://x.example", "authentication": "1", "place": "query"}
    assert client.post("/design/form", sent)["Location"] == "/design"
    page = client.get("/design").content.decode()
    assert "Nothing was saved" in page
    assert client.post("/design/undo")["Location"] == "/design"
    assert "That is undone" in client.get("/design").content.decode()


def test_the_parts_that_htmx_asks_for_are_there(acme: Provider) -> None:
    client = admin(acme)
    assert "City Lines" in client.get("/design/drawer").content.decode()
    assert client.post("/design/failing").status_code == 503
