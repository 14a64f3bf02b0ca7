"""3scale's own clients, unchanged, pointed at an authority: PyPI's threescalepy, and npm's 3scale.

The latter speaks TLS only, as 3scale's hosted service did; so the authority does here, too.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ThreeScalePY import (  # type: ignore[import-untyped]
    ThreeScaleAuthorize,
    ThreeScaleAuthorizeUserKey,
    ThreeScaleAuthRep,
    ThreeScaleAuthRepUserKey,
    ThreeScaleReport,
    ThreeScaleServerError,
)

import servers
from authority.published import KEYRING, application_record, publish
from authority.running import Authority
from conftest import ROOT
from tollway.store.publishing import Publisher

STATE: dict[str, Any] = {
    "providers": {"pk": {"id": "acme", "default_service_id": "1"}},
    "services": [
        {
            "id": "1", "owner": "acme", "mode": "1", "tokens": ["tok"],
            "plans": {"small": {"name": "Small & Co",
                                "limits": [["1", "eternity", 3], ["1", "day", 5]]}},
        },
        {
            "id": "2", "owner": "acme", "mode": "2", "tokens": ["tok"],
            "plans": {"small": {"name": "Small", "limits": [["1", "year", 3]]}},
        },
        {
            "id": "3", "owner": "acme", "mode": "oauth", "tokens": ["tok"],
            "plans": {"small": {"name": "Small", "limits": [["1", "year", 3]]}},
        },
    ],
}  # fmt: skip
LOGINS = [{"service_token": "tok"}, {"provider_key": "pk"}]
EXCEEDED = "usage limits are exceeded"


class Shop:
    """An authority, and whatever application a test wants to call for."""

    def __init__(self, authority: Authority, url: str) -> None:
        self.url = url
        self.port = authority.port
        self._publisher = Publisher.connect(authority.store.url, KEYRING)
        publish(self._publisher, STATE)
        self._publisher.mark(1)

    def application(self, service: str) -> str:
        """Publish an application; its id is its user key too, and it has one application key."""
        name = secrets.token_hex(6)
        given = {"id": name, "plan": "small", "user_keys": [name], "keys": [f"secret-{name}"]}
        self._publisher.put_application(application_record(service, given))
        return name


def certificate(directory: Path) -> tuple[Path, Path]:
    """Make a certificate for loopback, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = directory / "certificate.pem", directory / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with servers.short_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def pem(directory: Path) -> Path:
    return certificate(directory)[0]


@pytest.fixture(scope="module")
def shop(directory: Path, pem: Path) -> Iterator[Shop]:
    with servers.running(servers.valkey_binary(), directory / "valkey") as store:
        tls = {"CERTIFICATE": str(pem), "KEYFILE": str(pem.with_name("key.pem"))}
        authority = Authority(directory, store, **{f"GRANIAN_SSL_{k}": v for k, v in tls.items()})
        shop = Shop(authority, f"https://localhost:{authority.port}")
        servers.wait_until(lambda: accepts(authority.port), "an authority")
        yield shop
        authority.stop()


@pytest.fixture(autouse=True)
def _trusting(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))


# threescalepy


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: next(iter(login)))
def test_python_calls_with_a_user_key_until_the_limit(shop: Shop, login: dict[str, str]) -> None:
    key = shop.application("1")
    who = {**login, "service_id": "1", "user_key": key, "backend_uri": shop.url}
    call = ThreeScaleAuthRepUserKey(**who)
    assert [call.authrep() for _ in range(4)] == [True, True, True, False]
    assert call.build_response().get_reason() == EXCEEDED
    look = ThreeScaleAuthorizeUserKey(**who)
    assert not look.authorize()
    answer = look.build_auth_response()
    assert (answer.get_plan(), answer.get_reason()) == ("Small & Co", EXCEEDED)
    forever, day = answer.get_usage_reports()
    assert (forever.get_period(), forever.get_start_period()) == ("eternity", None)
    assert (day.get_metric(), day.get_max_value(), day.get_current_value()) == ("hits", "5", "3")
    assert day.get_end_period().endswith(" 00:00:00 +0000")


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: next(iter(login)))
def test_python_calls_with_an_application_id_and_key(shop: Shop, login: dict[str, str]) -> None:
    app_id = shop.application("2")
    who = {**login, "service_id": "2", "app_id": app_id, "backend_uri": shop.url}
    right = {**who, "app_key": f"secret-{app_id}"}
    assert ThreeScaleAuthRep(**right).authrep(usage={"hits": 2}, log={"code": 200})
    look = ThreeScaleAuthorize(**right)
    assert look.authorize()
    (year,) = look.build_auth_response().get_usage_reports()
    assert (year.get_period(), year.get_current_value()) == ("year", "2")
    wrong = ThreeScaleAuthRep(**who, app_key="wrong")
    assert not wrong.authrep()
    assert wrong.build_response().get_reason() == 'application key "wrong" is invalid'


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: next(iter(login)))
def test_python_reports_what_was_used(shop: Shop, login: dict[str, str]) -> None:
    app_id, now = shop.application("2"), time.gmtime()
    report = ThreeScaleReport(**login, service_id="2", backend_uri=shop.url)
    lines = [{"app_id": app_id, "usage": {"hits": n}, "timestamp": now} for n in (1, 4)]
    assert report.report(lines)
    look = ThreeScaleAuthorize(
        **login, service_id="2", app_id=app_id, app_key=f"secret-{app_id}", backend_uri=shop.url
    )
    assert not look.authorize()
    (year,) = look.build_auth_response().get_usage_reports()
    assert year.get_current_value() == "5"


@pytest.mark.parametrize(
    ("client", "asks", "wrong", "reason"),
    [
        (ThreeScaleAuthRepUserKey, "authrep", {"user_key": "nope", "service_id": "1"},
         'user key "nope" is invalid'),
        (ThreeScaleAuthRep, "authrep", {"app_id": "nope", "service_id": "2"},
         'application with id="nope" was not found'),
        (ThreeScaleAuthorize, "authorize",
         {"app_id": "a", "service_id": "2", "service_token": "no"},
         'service token "no" or service id "2" is invalid'),
        (ThreeScaleAuthorizeUserKey, "authorize",
         {"user_key": "a", "service_id": "1", "service_token": "", "provider_key": "no"},
         'provider key "no" is invalid'),
    ],
)  # fmt: skip
def test_python_is_told_what_is_wrong(
    shop: Shop, client: Any, asks: str, wrong: dict[str, str], reason: str
) -> None:
    asking = client(**{"service_token": "tok", "backend_uri": shop.url, **wrong})
    assert getattr(asking, asks)() is False
    build = asking.build_response if asks == "authrep" else asking.build_auth_response
    assert build().get_reason() == reason


def test_python_is_told_that_a_report_is_refused(shop: Shop) -> None:
    report = ThreeScaleReport(service_id="2", service_token="wrong", backend_uri=shop.url)
    with pytest.raises(ThreeScaleServerError, match="403"):
        report.report([{"app_id": "a", "usage": {"hits": 1}, "timestamp": time.gmtime()}])


# npm's 3scale


@pytest.fixture
def node(shop: Shop, pem: Path) -> Any:
    """Return what makes calls with Node's client, and returns what it was told of each."""
    path = f"{os.environ['PATH']}:{ROOT / '.venv/bin'}"
    binary = shutil.which("node", path=path)
    assert binary, "install Node.js (./tollway test does)"
    environ = {
        **os.environ,
        "NODE_PATH": str(ROOT / "node_modules"),
        "NODE_EXTRA_CA_CERTS": str(pem),
    }

    def calls(*calls: list[Any], provider_key: str = "") -> Any:
        script = Path(__file__).with_name("client.js")
        done = subprocess.run(
            [binary, script, str(shop.port), provider_key, json.dumps(calls)],
            env=environ, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return calls


def test_node_calls_with_a_user_key_until_the_limit(shop: Shop, node: Any) -> None:
    who = {"service_token": "tok", "service_id": "1", "user_key": shop.application("1")}
    *passed, refused, look = node(
        *[["authrep_with_user_key", who]] * 4,
        ["authorize_with_user_key", {**who, "usage": {"hits": 1}}],
    )
    assert [(each["status_code"], each["success"]) for each in passed] == [(200, True)] * 3
    assert [each["plan"] for each in passed] == ["Small & Co"] * 3
    for told in (refused, look):
        assert (told["status_code"], told["error_message"]) == (409, EXCEEDED)
    forever, day = passed[-1]["usage_reports"]
    assert (forever["period"], forever["current_value"], forever["max_value"]) == (
        "eternity", "3", "3",
    )  # fmt: skip
    assert (day["metric"], day["period"], day["current_value"]) == ("hits", "day", "3")
    assert day["period_end"].endswith(" 00:00:00 +0000")


def test_node_calls_with_an_application_id_and_with_oauth(shop: Shop, node: Any) -> None:
    app_id, client_id = shop.application("2"), shop.application("3")
    who = {"service_token": "tok", "service_id": "2", "app_id": app_id}
    right = {**who, "app_key": f"secret-{app_id}"}
    oauth = {"service_token": "tok", "service_id": "3", "app_id": client_id}
    told = node(
        ["authrep", {**right, "usage": {"hits": 2}}],
        ["authorize", right],
        ["authorize", {**who, "app_key": "wrong"}],
        ["oauth_authrep", oauth],
        ["oauth_authorize", oauth],
    )
    assert [each["status_code"] for each in told] == [200, 200, 409, 200, 200]
    assert told[1]["usage_reports"][0]["current_value"] == "2"
    assert told[2]["error_message"] == 'application key "wrong" is invalid'
    assert told[4]["usage_reports"][0]["current_value"] == "1"


def test_node_reports_with_a_provider_key(shop: Shop, node: Any) -> None:
    app_id = shop.application("2")
    lines = [{"app_id": app_id, "usage": {"hits": 1}}, {"app_id": app_id, "usage": {"hits": 2}}]
    key = {"service_id": "2", "app_id": app_id, "app_key": f"secret-{app_id}"}
    reported, look = node(["report", "2", lines], ["authorize", key], provider_key="pk")
    assert (reported["status_code"], reported["success"]) == (202, True)
    assert look["usage_reports"][0]["current_value"] == "3"
    (refused,) = node(["report", "2", lines], provider_key="wrong")
    assert (refused["status_code"], refused["error_code"]) == (403, "provider_key_invalid")


def test_node_is_told_what_is_wrong(shop: Shop, node: Any) -> None:
    token = {"service_token": "tok"}
    told = node(
        ["authorize_with_user_key", {**token, "service_id": "1", "user_key": "nope"}],
        ["authrep", {**token, "service_id": "2", "app_id": "nope"}],
        ["authorize", {"service_token": "no", "service_id": "2", "app_id": "a"}],
        ["authrep", {**token, "service_id": "2", "app_id": shop.application("2"),
                     "usage": {"nothing": 1}, "app_key": "x"}],
    )  # fmt: skip
    assert [(each["status_code"], each["error_code"], each["error_message"]) for each in told] == [
        (403, "user_key_invalid", 'user key "nope" is invalid'),
        (404, "application_not_found", 'application with id="nope" was not found'),
        (403, "service_token_invalid", 'service token "no" or service id "2" is invalid'),
        (409, None, 'application key "x" is invalid'),
    ]
