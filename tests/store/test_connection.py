"""The client on one server: what it understands, and how it lives with a server that fails."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator

import pytest

import servers
from tollway.store import StoreUnavailableError, connection, library
from tollway.store.cluster import Client
from tollway.store.connection import Address, Login, ReplyError, parse_url


@pytest.mark.parametrize(
    ("url", "address", "login"),
    [
        ("unix:///run/valkey.sock", Address(path="/run/valkey.sock"), Login()),
        ("valkey://db.example", Address("db.example", 6379), Login()),
        ("redis://[::1]:7000/3", Address("::1", 7000), Login(database=3)),
        ("valkey://u:p%40ss@db:1/", Address("db", 1), Login("u", "p@ss")),
        ("redis://:secret@db:1", Address("db", 1), Login("", "secret")),
    ],
)
def test_urls(url: str, address: Address, login: Login) -> None:
    assert parse_url(url) == (address, login)


@pytest.mark.parametrize(
    "url", ["", "db:6379", "http://db", "valkey://", "unix://", "redis://:pw@db/x", "redis://db:pw"]
)
def test_a_bad_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="unix:///path") as refusal:
        parse_url(url)
    assert "pw" not in str(refusal.value)


@pytest.fixture
def server() -> Iterator[servers.Server]:
    with (
        servers.short_directory() as directory,
        servers.running(servers.valkey_binary(), directory) as server,
    ):
        yield server


def tell(url: str, story: Callable[[Client], Awaitable[None]]) -> None:
    async def told() -> None:
        client = Client(*parse_url(url))
        await client.connect()
        try:
            await story(client)
        finally:
            await client.close()

    asyncio.run(told())


def answers(client: Client, *command: str, answer: bytes) -> Callable[[], Awaitable[bool]]:
    async def fact() -> bool:
        return bool(await client.call(0, *command) == answer)

    return fact


def test_answers_come_in_the_order_of_the_questions(valkey_url: str) -> None:
    async def story(client: Client) -> None:
        numbers = [str(n) for n in range(1000)]
        answers = await asyncio.gather(*(client.call(0, "ECHO", n) for n in numbers))
        assert answers == [n.encode() for n in numbers]

    tell(valkey_url, story)


def test_an_error_is_its_asker_s_alone(valkey_url: str) -> None:
    async def story(client: Client) -> None:
        good, bad, late = await asyncio.gather(
            client.call(0, "ECHO", "a"),
            client.call(0, "NONSENSE"),
            client.call(0, "ECHO", "b"),
            return_exceptions=True,
        )
        assert (good, late) == (b"a", b"b")
        assert isinstance(bad, ReplyError)

    tell(valkey_url, story)


def test_a_caller_that_gives_up_does_not_disturb_the_order(valkey_url: str) -> None:
    async def story(client: Client) -> None:
        impatient = asyncio.create_task(client.call(0, "ECHO", "a"))
        patient = asyncio.create_task(client.call(0, "ECHO", "b"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == b"b"

    tell(valkey_url, story)


def test_too_many_questions_at_once_are_refused_and_the_others_answered(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(client: Client) -> None:
        monkeypatch.setattr(connection, "PENDING_MAX", 10)
        answers = await asyncio.gather(
            *(client.call(0, "ECHO", str(n)) for n in range(30)), return_exceptions=True
        )
        assert answers[:10] == [str(n).encode() for n in range(10)]
        assert all(isinstance(answer, StoreUnavailableError) for answer in answers[10:])
        assert await client.call(0, "ECHO", "after") == b"after"

    tell(valkey_url, story)


def test_a_server_that_is_killed_is_missed_at_once_and_found_again(
    server: servers.Server,
) -> None:
    async def story(client: Client) -> None:
        assert await client.call(0, "PING") == b"PONG"
        waiting = asyncio.create_task(client.call(0, "BLPOP", "nothing", "0"))
        await asyncio.sleep(0)
        server.kill()
        with pytest.raises(StoreUnavailableError):
            await waiting
        with pytest.raises(StoreUnavailableError):
            await client.call(0, "PING")
        server.start()
        await servers.eventually(answers(client, "PING", answer=b"PONG"))

    tell(server.url, story)


def test_a_server_that_comes_later_is_found(
    server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.kill()
    server.socket.unlink(missing_ok=True)
    monkeypatch.setattr("tollway.store.cluster.TIMEOUT_S", 0.05)

    async def story(client: Client) -> None:
        with pytest.raises(StoreUnavailableError):
            await client.call(0, "PING")
        server.start()
        await servers.eventually(answers(client, "PING", answer=b"PONG"))

    tell(server.url, story)


def test_a_server_that_hangs_is_given_up(
    server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_S", 0.2)

    async def story(client: Client) -> None:
        server.signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailableError):
            await client.call(0, "PING")
        server.signal(signal.SIGCONT)
        await servers.eventually(answers(client, "PING", answer=b"PONG"))

    tell(server.url, story)


def test_functions_are_loaded_on_connecting_and_again_when_they_are_missing(
    server: servers.Server,
) -> None:
    stale = ("FCALL", "spend_v1", "3", "a", "c", "u", "0", "", "")

    async def story(client: Client) -> None:
        answer = await client.call(0, *stale)
        server.client().function_flush()
        assert await asyncio.gather(*(client.call(0, *stale) for _ in range(5))) == [answer] * 5
        server.kill()
        server.start()
        await servers.eventually(answers(client, *stale, answer=answer))

    tell(server.url, story)


def test_an_older_text_of_the_library_is_replaced_on_connecting(server: servers.Server) -> None:
    client = server.client()
    old = f"#!lua name={library.NAME}\nredis.register_function('spend_v1', function() return 1 end)"
    client.function_load(old, replace=True)

    async def story(client: Client) -> None:
        answer = await client.call(0, "FCALL", "spend_v1", 3, "a", "c", "u", "0", "", "")
        assert answer != 1

    tell(server.url, story)


def test_a_login_is_sent_and_a_database_chosen(server: servers.Server) -> None:
    admin = server.client()
    admin.select(4)
    admin.set("here", "4")
    admin.config_set("requirepass", "open sesame")

    async def story(client: Client) -> None:
        assert await client.call(0, "GET", "here") == b"4"

    async def right() -> None:
        client = Client(Address(path=str(server.socket)), Login("", "open sesame", 4))
        await client.connect()
        try:
            await story(client)
        finally:
            await client.close()

    asyncio.run(right())


def test_a_wrong_password_is_a_store_that_cannot_be_used(
    server: servers.Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server.client().config_set("requirepass", "open sesame")
    monkeypatch.setattr("tollway.store.cluster.TIMEOUT_S", 0.3)

    async def story() -> None:
        client = Client(Address(path=str(server.socket)), Login("", "wrong-guess"))
        await client.connect()
        try:
            with pytest.raises(StoreUnavailableError):
                await client.call(0, "PING")
        finally:
            await client.close()

    asyncio.run(story())
    assert "WRONGPASS" in caplog.text
    assert "wrong-guess" not in caplog.text


def test_a_server_that_may_not_write_now_is_unavailable_not_broken(server: servers.Server) -> None:
    async def story(client: Client) -> None:
        server.client().config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailableError, match="OOM"):
            await client.call(0, "SET", "a", "b")

    tell(server.url, story)
