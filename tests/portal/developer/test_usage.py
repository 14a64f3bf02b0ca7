"""What a developer's own applications have used, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from portal.analytics.streams import Listed
from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.analytics.services import record
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import create_application, sign_up
from tollway.portal.catalog.services import create_method
from tollway.portal.developer import usage
from tollway.portal.plans.services import update_plan_metric
from tollway.store.spending import UsageEvent

pytestmark = pytest.mark.django_db
HERE = "/buyer/stats"


def call(application: Application, metric: Any, amount: int, *more: tuple[Any, int]) -> None:
    """Record one call; ``more`` are other metrics that it counts."""
    now = clock.now()
    wire = (str(application.product_id), application.application_id)
    used = [(str(each.pk), count) for each, count in ((metric, amount), *more)]
    record(Listed([UsageEvent(*wire, now, 200, used)]), at=now)


def data(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="usage-data" type="application/json">(.*?)</script>', page)
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


@pytest.mark.parametrize("name", usage.RANGES)
def test_usage_is_drawn_and_told_in_figures(acme: Provider, name: str) -> None:
    call(acme.application, acme.hits, 1234)
    page = developer(acme).get(HERE, {"range": name})
    drawn = data(page.content.decode())
    assert sum(drawn["series"][0]["data"]) == 1234
    assert "1,234 Hits by App" in text(page)
    assert len(drawn["x"]) == page.content.decode().count("<tr><td>")


def test_application_metric_and_range_are_chosen(acme: Provider) -> None:
    method = create_method(acme.product, by=BY, friendly_name="Search")
    second = acme.another_application(name="Second")
    call(second, method, 7)
    client = developer(acme)
    asked: dict[str, str] = {"application": f"{second.pk}", "metric": f"{method.pk}"}
    page = text(client.get(HERE, {**asked, "range": "day"}))
    assert "7 Search by Second" in page
    for nonsense in ("x", "0", "9" * 30, "-1"):
        asked = {"application": nonsense, "metric": nonsense, "range": nonsense}
        assert "0 Hits by App" in text(client.get(HERE, asked)), nonsense


def test_nothing_of_others_is_shown(acme: Provider, globex: Provider) -> None:
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    theirs = Provider(
        acme.tenant, acme.admin, acme.product, acme.backend, acme.plan, other.account, other.user,
        acme.application,
    ).another_application(name="Not mine")  # fmt: skip
    call(theirs, acme.hits, 55)
    client = developer(acme)
    for stranger in (theirs, globex.application):
        page = text(client.get(HERE, {"application": stranger.pk}))
        assert "0 Hits by App" in page
        assert "Not mine" not in page
    page = text(client.get(HERE, {"metric": globex.hits.pk}))
    assert "0 Hits by App" in page


def test_metrics_that_the_plan_hides_are_not_shown(acme: Provider) -> None:
    method = create_method(acme.product, by=BY, friendly_name="Secret")
    update_plan_metric(acme.plan, method, by=BY, visible=False)
    client = developer(acme)
    assert "Secret" not in text(client.get(HERE, {"metric": method.pk}))
    update_plan_metric(acme.plan, acme.hits, by=BY, visible=False)
    for metric in acme.backend.metrics.all():
        update_plan_metric(acme.plan, metric, by=BY, visible=False)
    assert "Nothing to show yet" in text(client.get(HERE))


def test_without_an_application_there_is_nothing_to_show(acme: Provider) -> None:
    Application.objects.all().delete()
    assert "Nothing to show yet" in text(developer(acme).get(HERE))


# --- as a file, and on the dashboard ------------------------------------------------------------


def file_of(application: Application, **asked: str) -> tuple[str, dict[str, str]]:
    return f"/admin/applications/{application.pk}/usage.csv", asked


def rows_of(response: Any) -> list[list[str]]:
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))


@pytest.mark.parametrize("name", usage.RANGES)
def test_the_file_has_a_row_for_each_time_and_a_column_for_each_metric(
    acme: Provider, name: str
) -> None:
    method = create_method(acme.product, by=BY, friendly_name="Suche, schnell")
    call(acme.application, acme.hits, 5, (method, 2))
    response = developer(acme).get(*file_of(acme.application, range=name))
    assert response["Content-Disposition"] == 'attachment; filename="usage_of_app.csv"'
    head, *rows = rows_of(response)
    assert head[:2] == ["Time (UTC)", "Hits"]
    assert "Suche, schnell" in head
    page = developer(acme).get(HERE, {"range": name}).content.decode()
    assert f"{file_of(acme.application)[0]}?range={name}" in page
    assert len(rows) == page.count("<tr><td>")
    of_method = head.index("Suche, schnell")
    assert sum(int(row[1]) for row in rows) == 5
    assert sum(int(row[of_method]) for row in rows) == 2
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_the_file_is_of_one_s_own_applications_only(acme: Provider, globex: Provider) -> None:
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    theirs = create_application(other.account, by=BY, plan=acme.plan, name="Not mine")
    client = developer(acme)
    for application in (theirs, globex.application):
        assert client.get(*file_of(application)).status_code == 404
    hidden = create_method(acme.product, by=BY, friendly_name="Secret")
    update_plan_metric(acme.plan, hidden, by=BY, visible=False)
    head = rows_of(client.get(*file_of(acme.application)))[0]
    assert "Secret" not in head


def test_a_metric_s_name_is_no_formula(acme: Provider) -> None:
    create_method(acme.product, by=BY, friendly_name='=HYPERLINK("https://evil.example")')
    head = rows_of(developer(acme).get(*file_of(acme.application)))[0]
    assert '\'=HYPERLINK("https://evil.example")' in head


def test_the_dashboard_draws_what_was_used_and_says_so_while_nothing_was(acme: Provider) -> None:
    client = developer(acme)
    before = client.get("/admin")
    assert "Nothing was used in this time" in text(before)
    assert "usage-data" not in before.content.decode()
    method = create_method(acme.product, by=BY, friendly_name="Search")
    call(acme.application, method, 7)
    page = client.get("/admin", {"metric": f"{method.pk}", "range": "day"})
    assert "7 Search by App" in text(page)
    assert sum(data(page.content.decode())["series"][0]["data"]) == 7
