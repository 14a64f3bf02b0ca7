from __future__ import annotations

import msgspec
import pytest
from django.conf import settings

import servers
from tollway.cli import outside
from tollway.cli.outside import check_named, places
from tollway.cli.refused import RefusedError

DATABASE = "postgresql://us%20er:secret@db.internal:5433/toll%2Dway?sslmode=require"
STORE = "valkey://:secret@store.internal:6380/2"
NOTHING = {"--database": None, "--store": None}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", ""),
        (DATABASE, "db.internal:5433/toll-way"),
        ("postgresql://db/tollway", "db/tollway"),
        ("postgresql://p@/tollway?host=/run/pg", "/run/pg/tollway"),
        ("postgresql://p@%2Frun%2Fpg/tollway", "/run/pg/tollway"),
    ],
)
def test_a_database_is_named_by_its_server_and_its_name(url: str, name: str) -> None:
    database, store = places({"TOLLWAY_DATABASE_URL": url})
    assert (database.name, store.name) == (name, "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (STORE, "store.internal:6380/2"),
        ("valkey://store", "store:6379"),
        ("unix:///run/v.sock", "/run/v.sock"),
    ],
)
def test_a_store_is_named_by_its_server(url: str, name: str) -> None:
    assert places({"TOLLWAY_VALKEY_URL": url})[1].name == name


def test_a_url_that_is_none_is_said_to_be_without_repeating_it() -> None:
    with pytest.raises(RefusedError, match="TOLLWAY_VALKEY_URL: a store's URL is") as refused:
        places({"TOLLWAY_VALKEY_URL": "http://:secret@store"})
    assert "secret" not in str(refused.value)


def test_what_is_outside_has_to_be_named() -> None:
    found = places({"TOLLWAY_DATABASE_URL": DATABASE, "TOLLWAY_VALKEY_URL": STORE})
    named = {"--database": "db.internal:5433/toll-way", "--store": "store.internal:6380/2"}
    check_named(found, named)
    check_named(places({}), NOTHING)
    for wrong in (NOTHING, {**named, "--store": None}, {**named, "--database": None}):
        with pytest.raises(RefusedError) as refused:
            check_named(found, wrong)
        assert str(refused.value) == (
            "TOLLWAY_DATABASE_URL and TOLLWAY_VALKEY_URL: what is kept there is deleted only if it"
            " is named: tollway reset --database db.internal:5433/toll-way"
            " --store store.internal:6380/2"
        )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"TOLLWAY_DATABASE_URL": DATABASE},
            "TOLLWAY_DATABASE_URL names db.internal:5433/toll-way",
        ),
        ({}, "--database db.internal/other: TOLLWAY_DATABASE_URL is not set"),
    ],
)
def test_what_is_named_has_to_be_what_is_there(environ: dict[str, str], message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        check_named(places(environ), {**NOTHING, "--database": "db.internal/other"})


def test_a_store_loses_what_is_ours(valkey_url: str) -> None:
    client = servers.client_of(valkey_url)
    client.flushall()
    client.mset({"position": 1, "theirs": 1})
    configured = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    outside.erase(configured, places({"TOLLWAY_VALKEY_URL": valkey_url}))
    assert client.keys() == [b"theirs"]


def test_a_store_that_is_away_is_named_by_its_setting() -> None:
    url = "unix:///nowhere.sock"
    configured = msgspec.structs.replace(settings.TOLLWAY, valkey_url=url)
    with pytest.raises(RefusedError, match=r"^TOLLWAY_VALKEY_URL: "):
        outside.erase(configured, places({"TOLLWAY_VALKEY_URL": url}))
