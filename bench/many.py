"""How the portal's lists do with 100,000 accounts, users and applications.

    python bench/many.py [--data-dir DIR] [--count 100000] [--rounds 3] [--slow 300] [--explain]
    python tests/postgresql.py python bench/many.py

It fills an empty data directory (a temporary one without --data-dir; one that is filled already is
measured as it is), asks for each page through Django's test client, and prints how many queries a
page takes, how many rows it shows, and its milliseconds: the best of several rounds, as other work
can only slow one down. On SQLite, or on the PostgreSQL of TOLLWAY_TEST_DATABASE_URL. The last
column is the processor's time alone, of this process and of the one of PostgreSQL that serves it:
other work hardly touches it.

The rows are what sign-ups would have left (``onboarding.bulk``), then spread over products, plans,
states and times by the statements below. One event of the filling stands for all of them: whoever
starts Tollway on the directory has them published. The log is made as long as it would be, by
events that say nothing more than that a row was made.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import Struct

if TYPE_CHECKING:
    from django.test import Client

    from tollway.portal.tenants.models import Tenant

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: its names are packages there

PRODUCTS, PLANS = 4, 3
BLOCK = 1_000  # rows that came in one minute
NAMES = ("Night Bus", "Harbour Works", "Tram & Co", "Quay Data", "Lantern", "Old Mill", "Étoile")
NAME = "many"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow", type=float, default=300, help="milliseconds")
    parser.add_argument("--explain", action="store_true", help="what the slow pages ask, and how")
    return parser.parse_args()


def set_up(data_dir: Path) -> None:
    """Prepare Django on this directory, with its tables and static files."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
        "TOLLWAY_DATA_DIR": str(data_dir),
        "TOLLWAY_SECRET_KEY": "5e" * 32,
        "TOLLWAY_DATABASE_URL": os.environ.get("TOLLWAY_TEST_DATABASE_URL", ""),
    }
    import django

    django.setup()
    from django.core.management import call_command

    from tollway.portal.web import assets

    assets.collect()
    call_command("migrate", verbosity=0)


def filled(count: int) -> Tenant:
    """Return the tenant, made with all its rows unless it is there."""
    from django.db import connection

    from portal.people import make_master, make_provider
    from tollway.portal.tenants.models import Tenant, TenantSettings

    tenant = Tenant.objects.filter(subdomain=NAME).first()
    if tenant is not None:
        return tenant
    start = time.monotonic()
    tenant = make_provider(make_master(), NAME).tenant
    parts = {"account_plans_ui_visible": True, "service_plans_ui_visible": True}
    TenantSettings.objects.filter(tenant=tenant).update(**parts)
    make_rows(tenant, count)
    spread(tenant)
    lengthen_the_log(tenant)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"filled in {time.monotonic() - start:.0f} s")
    return tenant


def make_rows(tenant: Tenant, count: int) -> None:
    from portal.people import BY
    from tollway.portal.onboarding import bulk
    from tollway.portal.plans.services import (
        create_application_plan,
        create_product,
        set_default_plan,
    )

    for number in range(PRODUCTS):
        product = create_product(tenant, by=BY, name=f"Product {number}")
        plans = [
            create_application_plan(
                product, by=BY, name=f"Plan {place}", published=True, cost_per_month=10 * place
            )
            for place in range(PLANS)
        ]
        set_default_plan(product, plans[0], by=BY)
        bulk.fill(tenant, count // PRODUCTS, by=BY)
        set_default_plan(product, None, by=BY)


def spread(tenant: Tenant) -> None:
    """Give rows different names, states, plans and times."""
    from django.db.models import F, OuterRef, Subquery, Value
    from django.db.models.functions import Concat, Right

    from tollway import clock
    from tollway.portal.accounts.models import Account
    from tollway.portal.applications.models import Application
    from tollway.portal.plans.models import ApplicationPlan

    accounts = Account.objects.filter(tenant=tenant, org_name__startswith="Trial")
    applications = Application.objects.filter(tenant=tenant, name__startswith="Trial")
    numbered = Right("org_name", 6)
    for place, name in enumerate(NAMES):
        some = accounts.annotate(place=F("pk") % len(NAMES)).filter(place=place)
        some.update(org_name=Concat(Value(f"{name} "), numbered))
    owner = Account.objects.filter(pk=OuterRef("account")).values("org_name")
    applications.update(name=Concat(Subquery(owner), Value("'s application")))
    accounts = Account.objects.filter(tenant=tenant)
    for place, (account, application) in enumerate(
        [("pending", "pending"), ("suspended", "suspended"), ("rejected", "deprecated")]
    ):
        for rows, state in ((accounts, account), (applications, application)):
            named = rows.model.objects.filter(tenant=tenant).annotate(place=F("pk") % 50)
            named.filter(place=place).update(state=state)
    for plan in ApplicationPlan.objects.filter(tenant=tenant, name__startswith="Plan"):
        moved = Application.objects.filter(product=plan.product).annotate(place=F("pk") % PLANS)
        moved.filter(place=int(plan.name[-1])).update(plan=plan)
    now = clock.utc_now()
    for model in (Account, Application):
        newest = model.objects.latest("pk").pk
        for last in range(newest, 0, -BLOCK):
            rows = model.objects.filter(tenant=tenant, pk__gt=last - BLOCK, pk__lte=last)
            rows.update(created_at=now - timedelta(minutes=newest - last))
            if model is Application and last // BLOCK % 3:
                at = now - timedelta(minutes=last)
                rows.update(first_traffic_at=at, first_daily_traffic_at=at, last_traffic_at=at)


def lengthen_the_log(tenant: Tenant) -> None:
    from tollway.portal.accounts.models import Account, User
    from tollway.portal.applications.models import Application
    from tollway.portal.events.models import Event

    for kind, model in (("account", Account), ("user", User), ("application", Application)):
        rows = model.objects.filter(tenant=tenant).order_by("pk")  # type: ignore[attr-defined]
        Event.objects.bulk_create(
            (
                Event(
                    tenant=tenant, at=at, actor_kind="system", kind=f"{kind}.created",
                    object_kind=kind, object_id=str(pk),
                )
                for pk, at in rows.values_list("pk", "created_at").iterator()
            ),
            batch_size=BLOCK,
        )  # fmt: skip


Page = tuple[str, str, dict[str, str]]
"""What it is, its address, and what is posted to it."""


def listed(title: str, url: str, sorts: tuple[str, ...], **more: str) -> Iterator[Page]:
    """Yield a list as it opens, its last page, sorted each way, and narrowed down in these ways.

    ``more`` are texts to search by, or parameters of the address (``state=live``).
    """
    last = {"page": "999999"}
    asked: list[tuple[str, dict[str, str]]] = [("", {}), (", last page", last)]
    for sort in sorts:
        asked += [
            (f" by {sort}", {"sort": sort}),
            (f" by {sort}, last page", {"sort": sort, **last}),
        ]
    for name, value in more.items():
        asked.append((f": {name}", dict([value.split("=")]) if "=" in value else {"q": value}))
    for said, parts in asked:
        yield f"{title}{said}", f"{url}?{urlencode(parts)}", {}


def pages(tenant: Tenant) -> Iterator[Page]:
    from django.urls import reverse

    from tollway.portal.applications.models import Application

    middle = Application.objects.filter(tenant=tenant)[Application.objects.count() // 2]
    account, plan, product = middle.account, middle.plan, middle.product
    email = account.users.get().email
    texts = {
        "a name": account.org_name,
        "part of many names": "bus",
        "two letters": "ar",
        "e-mail": email,
        "part of an e-mail": email[6:16],
        "key": middle.user_key,
        "nothing": "nowhere to be found",
    }
    states = {"pending": "state=pending", "live": "state=live"}
    costs = {"free": "type=free", "paid": "type=paid"}
    sorts = ("name", "-name", "applications", "-applications", "signed_up")
    by_state = {"pending": "state=pending", "approved": "state=approved"}
    yield from listed("accounts", reverse("accounts"), sorts, **by_state, **texts)
    sorts = ("name", "-name", "account", "-account", "created", "traffic", "-traffic")
    narrowed = {**states, **costs, "of a product": f"product={product.pk}"}
    silent = {"silent": "traffic=no-week", "of an account": "account=lantern"}
    yield from listed("applications", reverse("applications"), sorts, **narrowed, **silent, **texts)
    narrowed = {**states, **costs, "of a plan": f"plan={plan.pk}"}
    url = reverse("product-applications", args=[product.pk])
    yield from listed("product's applications", url, sorts, **narrowed, **texts)
    sorts = ("account", "product", "plan", "created")
    yield from listed("subscriptions", reverse("subscriptions"), sorts, **states, **texts)
    few = {name: texts[name] for name in ("a name", "part of many names", "key")}
    yield from listed("choose an account", reverse("any-application-new"), (), **few)
    on_plan = {"its applications": "tab=applications"}
    yield from listed("a plan", reverse("application-plan", args=[plan.pk]), (), **on_plan)
    account_plan = account.contract.plan_id
    yield from listed(
        "an account plan", reverse("account-plan", args=[account_plan]), (), **on_plan
    )
    for name, kind in (("accounts", "accounts-suspend"), ("applications", "applications-suspend")):
        url = reverse("bulk-ask", args=[kind])
        yield f"suspend all {name}", f"{url}?all=1", {}
        yield f"suspend all {name} with bus", f"{url}?all=1&q=bus", {}
    yield "plans", reverse("application-plans", args=[product.pk]), {}
    yield "an account", reverse("account", args=[account.pk]), {}
    yield "an application", reverse("application", args=[middle.pk]), {}
    yield "dashboard", reverse("dashboard"), {}
    for name, text in texts.items():
        yield f"palette: {name}", reverse("palette"), {"q": text}


def asked(client: Client, page: Page) -> str:
    _, url, sent = page
    answer = client.post(url, sent) if sent else client.get(url)
    assert answer.status_code == 200, (answer.status_code, url)
    return answer.content.decode()


def explained(statement: str) -> str:
    from django.db import connection

    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {statement.replace('%', '%%')}", [])
        return "\n".join(f"      {row[-1]}" for row in cursor.fetchall())


class Measured(Struct, frozen=True):
    """What a page takes: milliseconds, the processor's of them; and how many rows it shows."""

    took: float
    own: float
    queries: list[dict[str, str]]
    rows: int


def measure(client: Client, page: Page, rounds: int) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        shown = asked(client, page)
    queries = list(captured.captured_queries)  # before another request empties the log
    best, own = float("inf"), float("inf")
    server = serving()
    for _ in range(rounds):
        start, own_start = time.perf_counter(), time.process_time() + ran(server)
        asked(client, page)
        best = min(best, time.perf_counter() - start)
        own = min(own, time.process_time() + ran(server) - own_start)
    rows = shown.count('role="option"') if page[2] else shown.count("<tr") - 1
    return Measured(best * 1000, own * 1000, queries, max(rows, 0))


def serving() -> int:
    """Return the process of a PostgreSQL on this machine that serves our connection, or 0."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def ran(process: int) -> float:
    """Return for how many seconds a process has had a processor."""
    schedule = Path(f"/proc/{process}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e9 if process and schedule.exists() else 0.0


def report(client: Client, found: Iterator[Page], given: argparse.Namespace) -> None:
    print(f"{'page':50}{'queries':>8}{'rows':>6}{'ms':>8}{'cpu ms':>8}")
    for page in found:
        seen = measure(client, page, given.rounds)
        line = f"{page[0]:50}{len(seen.queries):8}{seen.rows:6}{seen.took:8.0f}{seen.own:8.0f}"
        slow = seen.took > given.slow
        print(f"{line}{' slow' if slow else ''}", flush=True)
        if slow and given.explain:
            for query in sorted(seen.queries, key=lambda each: -float(each["time"]))[:3]:
                print(f"   {query['time']} s {query['sql'][:1500]}")
                if query["sql"].startswith("SELECT"):
                    print(explained(query["sql"]))


def admin_of(tenant: Tenant) -> Client:
    """Return a browser in which the tenant's admin has signed in."""
    from django.test import Client

    from portal.people import PASSWORD

    client = Client(headers={"host": f"{tenant.subdomain}-admin.localhost:3000"})
    answer = client.post("/p/login", {"username": "admin", "password": PASSWORD})
    assert answer.status_code == 302
    return client


def main() -> None:
    given = options()
    with tempfile.TemporaryDirectory(prefix="tollway-") as directory:
        set_up(given.data_dir or Path(directory))
        tenant = filled(given.count)
        report(admin_of(tenant), pages(tenant), given)


if __name__ == "__main__":
    main()
