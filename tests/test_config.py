"""Every setting is read here, said to be wrong by its name, and described for operators."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tollway import config
from tollway.config import Ports, SettingsError, Smtp, dialled

ROOT = Path(__file__).parent.parent
KEY = {"TOLLWAY_SECRET_KEY": "5e" * 32}


def test_what_is_not_set_is_as_up_has_it(tmp_path: Path) -> None:
    settings = config.load({**KEY, "TOLLWAY_DATA_DIR": str(tmp_path)})
    assert settings.data_dir == tmp_path
    assert settings.valkey_url == f"unix://{tmp_path}/run/valkey.sock"
    assert settings.database_url == ""
    assert settings.domain == "localhost"
    assert settings.ports == Ports(3000, 3001, 3002, 8080, 8081, 3005)
    assert settings.authority_url == "http://127.0.0.1:3001"
    assert settings.bind == "127.0.0.1"
    assert not settings.allow_private_upstreams
    assert settings.trusted_proxies == ()
    assert (settings.nginx, settings.nginx_root) == ("nginx", Path("/"))
    assert settings.portal_origin == "http://*:3000"
    assert (settings.smtp, settings.mailbox) == (None, True)
    assert settings.mail_from == "Tollway <tollway@localhost>"


def test_each_setting_has_a_variable() -> None:
    settings = config.load(
        {
            "TOLLWAY_DATA_DIR": "/d",
            "TOLLWAY_SECRET_KEY": f"{'aa' * 32},{'bb' * 32}",
            "TOLLWAY_VALKEY_URL": "valkey://store:6379",
            "TOLLWAY_DATABASE_URL": "postgresql://db/tollway",
            "TOLLWAY_DOMAIN": "example.com",
            "TOLLWAY_PORT_METRICS": "9100",
            "TOLLWAY_GATEWAY_TOKEN": "t",
            "TOLLWAY_AUTHORITY_URL": "https://authority.example.com",
            "TOLLWAY_ALLOW_PRIVATE_UPSTREAMS": "1",
            "TOLLWAY_TRUSTED_PROXIES": "10.0.0.1,10.1.0.0/16",
            "TOLLWAY_ECHO_ALIAS": "127.0.0.1:3002",
            "TOLLWAY_NAMESERVERS": "10.0.0.53:53,[fd00::53]:53",
            "TOLLWAY_BIND": "0.0.0.0",  # noqa: S104
            "TOLLWAY_NGINX": "/opt/nginx",
            "TOLLWAY_NGINX_ROOT": "/opt",
        }
    )
    assert settings.secret_keys == (b"\xaa" * 32, b"\xbb" * 32)
    assert settings.ports == Ports(metrics=9100)
    assert settings.allow_private_upstreams
    assert settings.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")
    assert settings.nginx_root == Path("/opt")
    assert settings.nameservers == ("10.0.0.53:53", "[fd00::53]:53")


def test_secrets_may_lie_in_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("cc" * 32 + "\n")
    (tmp_path / "gateway-token").write_text("g\n")
    settings = config.load({"TOLLWAY_DATA_DIR": str(tmp_path)})
    assert settings.secret_keys == (b"\xcc" * 32,)
    assert settings.gateway_token == "g"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"TOLLWAY_SECRET_KEY": "secret"}, "TOLLWAY_SECRET_KEY must be hexadecimal"),
        ({"TOLLWAY_SECRET_KEY": "aa"}, "set TOLLWAY_SECRET_KEY to 64 hexadecimal digits"),
        ({}, "set TOLLWAY_SECRET_KEY to 64 hexadecimal digits, or let `tollway up` write"),
        ({**KEY, "TOLLWAY_NAMESERVERS": "dns.example"}, "TOLLWAY_NAMESERVERS must be like"),
        ({**KEY, "TOLLWAY_PORT_ECHO": "0"}, "TOLLWAY_PORT_ECHO must be a port number, not '0'"),
        ({**KEY, "TOLLWAY_PORT_ECHO": "65536"}, "TOLLWAY_PORT_ECHO must be a port number"),
        ({**KEY, "TOLLWAY_PORT_ECHO": "http"}, "TOLLWAY_PORT_ECHO must be a port number"),
        *(
            (
                {**KEY, "TOLLWAY_DOMAIN": domain},
                f"TOLLWAY_DOMAIN must be a name like api.example.com, not {domain!r}",
            )
            for domain in (
                *(
                    "bad domain;x",
                    "-a.example",
                    "a..example",
                    "example.",
                    ".example",
                    "a_b.example",
                ),
                *("127.0.0.1", "[::1]", "example.com:80", "http://example.com", "a\n", "x" * 64),
                ".".join(["label"] * 22),
            )
        ),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    environ: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        config.load({"TOLLWAY_DATA_DIR": str(tmp_path), **environ})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "localhost"),
        ("API.Example.com", "api.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("4u.example", "4u.example"),
    ],
)
def test_a_domain_is_a_name_in_small_letters(text: str, name: str) -> None:
    assert config.load({**KEY, "TOLLWAY_DOMAIN": text}).domain == name


FROM = {"TOLLWAY_MAIL_FROM": "Road Works <no-reply@example.com>"}


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://mail.example.com", Smtp("mail.example.com", 587, "starttls")),
        ("smtp://mail.example.com?tls=implicit", Smtp("mail.example.com", 465, "implicit")),
        ("smtp://localhost?tls=none", Smtp("localhost", 25, "none")),
        ("smtp://[::1]:2525?tls=none", Smtp("::1", 2525, "none")),
        (
            "smtp://me%40example.com:p%3A%2Fw@mail.example.com:2525?tls=starttls",
            Smtp("mail.example.com", 2525, "starttls", "me@example.com", "p:/w"),
        ),
        ("smtp://me:pw@localhost?tls=none", Smtp("localhost", 25, "none", "me", "pw")),
    ],
)
def test_a_mail_server_is_a_url(url: str, smtp: Smtp) -> None:
    settings = config.load({**KEY, **FROM, "TOLLWAY_SMTP_URL": url})
    assert (settings.smtp, settings.mailbox) == (smtp, False)
    assert settings.mail_from == FROM["TOLLWAY_MAIL_FROM"]
    assert config.load({**KEY, **FROM, "TOLLWAY_SMTP_URL": url, "TOLLWAY_MAILBOX": "1"}).mailbox
    assert not config.load({**KEY, "TOLLWAY_MAILBOX": "0"}).mailbox


@pytest.mark.parametrize("said", ["", "open", "closed"])
def test_sign_up_is_opened_and_closed_or_left_to_the_portal(said: str) -> None:
    assert config.load({**KEY, "TOLLWAY_SIGN_UP": said}).sign_up == said


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        *(
            ({**FROM, "TOLLWAY_SMTP_URL": url}, "TOLLWAY_SMTP_URL")
            for url in (
                "mail.example.com", "smtp://", "smtps://mail.example.com", "smtp://a:s3cret@b:port",
                "smtp://a:s3cret@b:99999", "smtp://a:s3cret@b?tls=ssl", "smtp://a:s3cret@b?tls",
                "smtp://a:s3cret@b?verify=0", "smtp://a:s3cret@mail.example.com?tls=none",
            )
        ),
        ({"TOLLWAY_SMTP_URL": "smtp://mail.example.com"}, "TOLLWAY_MAIL_FROM"),
        *(
            ({"TOLLWAY_MAIL_FROM": text}, "TOLLWAY_MAIL_FROM")
            for text in ("Tollway", "a@", "@b", "a b@c", "a@b\nBcc: c@d", "A <a@b>\r\nX: y")
        ),
        *(
            ({"TOLLWAY_PORTAL_ORIGIN": text}, "TOLLWAY_PORTAL_ORIGIN")
            for text in ("https://example.com", "*", "ftp://*", "https://*/", "https://*:x", "//*")
        ),
    ],
)  # fmt: skip
def test_a_setting_of_mail_that_is_wrong_is_named_and_not_shown(
    environ: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError, match=name) as failed:
        config.load({**KEY, **environ})
    assert "s3cret" not in str(failed.value)


def test_seven_ports_in_a_row_can_be_said_with_one_number() -> None:
    ports = Ports.from_base(9000)
    assert ports == Ports(9000, 9001, 9002, 9003, 9004, 9005, 9006)
    assert Ports.load(ports.environ()) == ports


@pytest.mark.parametrize(
    ("bind", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104
        ("::", "[::1]"),
        ("fd00::1", "[fd00::1]"),
    ],
)
def test_the_host_that_reaches_what_listens_on_an_address(bind: str, host: str) -> None:
    assert dialled(bind) == host


ENDPOINT = "https://TOKEN@acme-admin.example.com"


def settings(**environ: str) -> config.Settings:
    return config.load({**KEY, **environ})


@pytest.mark.parametrize(
    ("environ", "password"),
    [
        ({}, "from-a-file"),
        ({"TOLLWAY_BIND": "::1"}, "from-a-file"),
        ({"TOLLWAY_BIND": "0.0.0.0"}, ""),  # noqa: S104
        ({"TOLLWAY_BIND": "10.0.0.1"}, ""),
        ({"TOLLWAY_INTERNAL_PASSWORD": ""}, ""),
        ({"TOLLWAY_INTERNAL_PASSWORD": "p" * 16, "TOLLWAY_BIND": "10.0.0.1"}, "p" * 16),
    ],
)
def test_the_internal_api_is_off_where_others_could_reach_it_unless_it_is_asked_for(
    tmp_path: Path, environ: dict[str, str], password: str
) -> None:
    (tmp_path / "internal-password").write_text("from-a-file\n")
    found = settings(TOLLWAY_DATA_DIR=str(tmp_path), **environ)
    assert (found.internal_user, found.internal_password) == ("internal", password)
    assert settings(TOLLWAY_INTERNAL_USER="porta").internal_user == "porta"


@pytest.mark.parametrize("url", ["portal.example.com", "ftp://a.example", "https://u:s3@a.example"])
def test_an_events_hook_is_a_url_without_a_secret_in_it(url: str) -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_EVENTS_HOOK must be like"):
        settings(TOLLWAY_EVENTS_HOOK=url)
    hook = {"TOLLWAY_EVENTS_HOOK": "http://a.example/e", "TOLLWAY_EVENTS_HOOK_SECRET": "s"}
    found = settings(**hook)
    assert (found.events_hook, found.events_hook_secret) == ("http://a.example/e", "s")


def test_a_password_of_the_internal_api_is_long_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_INTERNAL_PASSWORD must have at least 16") as e:
        settings(TOLLWAY_INTERNAL_PASSWORD="swordfish")
    assert "swordfish" not in str(e.value)


@pytest.mark.parametrize("name", ["TOLLWAY_PORTAL_ENDPOINT", "THREESCALE_PORTAL_ENDPOINT"])
def test_a_portals_documents_say_where_the_authority_is(name: str) -> None:
    assert settings().portal_endpoint == ""
    assert settings(**{name: ENDPOINT}).portal_endpoint == ENDPOINT
    assert settings(**{name: ENDPOINT}).authority_url == ""
    named = settings(**{name: ENDPOINT}, TOLLWAY_AUTHORITY_URL="https://su1.example.com")
    assert named.authority_url == "https://su1.example.com"


@pytest.mark.parametrize("value", ["a.example", "https://a.example", "ftp://T@a.example"])
def test_a_portal_endpoint_needs_a_token_and_is_not_shown(value: str) -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_PORTAL_ENDPOINT") as refused:
        settings(TOLLWAY_PORTAL_ENDPOINT=value)
    assert value not in str(refused.value)


def test_every_setting_is_described_for_operators() -> None:
    read = set(re.findall(r"TOLLWAY_[A-Z_]*[A-Z]", (ROOT / "src/tollway/config.py").read_text()))
    described = (ROOT / "docs/settings.md").read_text()
    missing = {name for name in read | set(Ports().environ()) if f"`{name}`" not in described}
    assert not missing - {"TOLLWAY_PORT"}
