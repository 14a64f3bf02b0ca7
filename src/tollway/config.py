"""Every setting, read from the environment once. ``docs/settings.md`` describes them for operators.

`tollway up` sets these for its children; in production the operator does. What is secret may also
lie in a file of the data directory (``secret``, ``gateway-token``), which `up` writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import asdict

PORT_MAX = 65535
PASSWORD_CHARS_MIN = 16
DOMAIN_MAX = 253 - 2 * 64  # two labels come before it: `acme-admin.`, or `api-2.gateway.`


class SettingsError(Exception):
    """A setting is missing or malformed. The message names it and says what to do."""


class Ports(Struct, frozen=True):
    portal: int = 3000
    authority: int = 3001
    echo: int = 3002
    staging: int = 8080
    production: int = 8081
    metrics: int = 3005
    worker: int = 3006

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """Seven ports in a row: portal, authority, Echo, staging, production, metrics, worker."""
        if not 0 < base < PORT_MAX - 6:
            raise SettingsError(f"seven ports from {base} on: there are none such")
        return cls(*range(base, base + 7))

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Ports:
        """Read ``TOLLWAY_PORT_*``. Raises ``SettingsError``."""

        def port(name: str, default: int) -> int:
            text = environ.get(variable(name)) or str(default)
            if not text.isdigit() or not 0 < int(text) <= PORT_MAX:
                raise SettingsError(f"{variable(name)} must be a port number, not {text!r}")
            return int(text)

        return cls(**{name: port(name, default) for name, default in asdict(cls()).items()})

    def environ(self) -> dict[str, str]:
        """Return the variables that ``load`` reads these ports from."""
        return {variable(name): str(port) for name, port in asdict(self).items()}


def variable(port: str) -> str:
    return f"TOLLWAY_PORT_{port.upper()}"


class Smtp(Struct, frozen=True):
    """The server that takes our mail. ``tls`` is a key of ``SMTP_PORTS``; ``user`` may be ""."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""


SMTP_PORTS = {"starttls": 587, "implicit": 465, "none": 25}  # unless the URL names another


class Settings(Struct, frozen=True):
    """``secret_keys`` are the master keys, newest first. URLs carry no trailing slash."""

    data_dir: Path
    secret_keys: tuple[bytes, ...]
    valkey_url: str
    database_url: str  # "" for SQLite in the data directory
    domain: str
    ports: Ports
    gateway_token: str  # what the gateway's agent shows the authority
    internal_user: str  # of the internal API
    internal_password: str  # "": there is no internal API
    events_hook: str  # the URL that is told when there are events to fetch; "" for none
    events_hook_secret: str
    authority_url: str  # "" if it is for the portal's documents to say
    portal_endpoint: str  # whence a gateway has its configurations; "": from the authority's feed
    allow_private_upstreams: bool
    trusted_proxies: tuple[str, ...]
    echo_alias: str  # host:port that answers for echo-api.3scale.net; "" leaves it to the internet
    bind: str  # the address that every port listens on
    nginx: str  # the program: a path, or a name looked up on PATH
    nginx_root: Path  # below it lie usr/lib/nginx/modules and usr/share/lua/5.1: "/" if installed
    portal_origin: str  # how browsers reach the portals: scheme, "*" for the host, perhaps a port
    smtp: Smtp | None  # None: mail stays where it is
    mail_from: str  # an address, perhaps with a name before it
    mailbox: bool  # whether the portal shows the mail that it makes
    nameservers: tuple[str, ...]  # host:port, asked for proofs of domains; (): this machine's own
    sign_up: str  # of organisations: "open", "closed"; "": open where nobody else can get to it


def data_dir(environ: Mapping[str, str]) -> Path:
    """Where everything is kept, as an absolute path: the checkout's ``data`` unless set."""
    return Path(environ.get("TOLLWAY_DATA_DIR") or "data").absolute()


def domain(environ: Mapping[str, str]) -> str:
    """Under which all hosts lie, in small letters. Raises ``SettingsError``."""
    name = (environ.get("TOLLWAY_DOMAIN") or "localhost").lower()
    label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(name) > DOMAIN_MAX or not re.fullmatch(rf"({label}\.)*(?![0-9]+$){label}", name):
        raise SettingsError(f"TOLLWAY_DOMAIN must be a name like api.example.com, not {name!r}")
    return name


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises ``SettingsError``."""
    directory = data_dir(environ)
    ports = Ports.load(environ)
    bind = environ.get("TOLLWAY_BIND") or "127.0.0.1"
    portal_endpoint = _portal_endpoint(environ)
    smtp = _smtp(environ)
    here = "" if portal_endpoint else f"http://{dialled(bind)}:{ports.authority}"
    return Settings(
        data_dir=directory,
        secret_keys=_secret_keys(environ, directory),
        valkey_url=environ.get("TOLLWAY_VALKEY_URL") or f"unix://{directory}/run/valkey.sock",
        database_url=environ.get("TOLLWAY_DATABASE_URL", ""),
        domain=domain(environ),
        ports=ports,
        gateway_token=environ.get("TOLLWAY_GATEWAY_TOKEN") or _file(directory / "gateway-token"),
        internal_user=environ.get("TOLLWAY_INTERNAL_USER") or "internal",
        internal_password=_internal_password(environ, directory, bind),
        events_hook=_events_hook(environ),
        events_hook_secret=environ.get("TOLLWAY_EVENTS_HOOK_SECRET", ""),
        authority_url=environ.get("TOLLWAY_AUTHORITY_URL") or here,
        portal_endpoint=portal_endpoint,
        allow_private_upstreams=environ.get("TOLLWAY_ALLOW_PRIVATE_UPSTREAMS") == "1",
        trusted_proxies=tuple(filter(None, environ.get("TOLLWAY_TRUSTED_PROXIES", "").split(","))),
        echo_alias=environ.get("TOLLWAY_ECHO_ALIAS", ""),
        bind=bind,
        nginx=environ.get("TOLLWAY_NGINX") or "nginx",
        nginx_root=Path(environ.get("TOLLWAY_NGINX_ROOT") or "/"),
        portal_origin=_portal_origin(environ, ports),
        smtp=smtp,
        mail_from=_mail_from(environ, required=smtp is not None),
        mailbox=environ.get("TOLLWAY_MAILBOX", "0" if smtp else "1") == "1",
        nameservers=_nameservers(environ),
        sign_up=_sign_up(environ),
    )


def dialled(bind: str) -> str:
    """Return the host, as URLs have it, by which this machine reaches what listens on ``bind``."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  (compared with, not bound)
    return everywhere.get(bind, f"[{bind}]" if ":" in bind else bind)


def _internal_password(environ: Mapping[str, str], directory: Path, bind: str) -> str:
    """Read the variable, or, on loopback, the file that `up` writes. No message shows it."""
    if "TOLLWAY_INTERNAL_PASSWORD" not in environ:
        on_loopback = bind in {"::1", "localhost"} or bind.startswith("127.")
        return _file(directory / "internal-password") if on_loopback else ""
    password = environ["TOLLWAY_INTERNAL_PASSWORD"]
    if password and len(password) < PASSWORD_CHARS_MIN:
        raise SettingsError(
            f"TOLLWAY_INTERNAL_PASSWORD must have at least {PASSWORD_CHARS_MIN} characters"
        )
    return password


def _events_hook(environ: Mapping[str, str]) -> str:
    url = environ.get("TOLLWAY_EVENTS_HOOK", "")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
        raise SettingsError("TOLLWAY_EVENTS_HOOK must be like https://portal.example.com/events")
    return url


def _portal_endpoint(environ: Mapping[str, str]) -> str:
    """Read the endpoint, under our name or APIcast's. It holds a token: no message shows it."""
    names = ("TOLLWAY_PORTAL_ENDPOINT", "THREESCALE_PORTAL_ENDPOINT")
    name = next((name for name in names if environ.get(name)), "")
    if not name:
        return ""
    parts = urlsplit(environ[name])
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" not in parts.netloc:
        raise SettingsError(f"{name} must be like https://TOKEN@acme-admin.example.com")
    return environ[name]


def _portal_origin(environ: Mapping[str, str], ports: Ports) -> str:
    origin = environ.get("TOLLWAY_PORTAL_ORIGIN") or f"http://*:{ports.portal}"
    if not re.fullmatch(r"https?://\*(:[0-9]{1,5})?", origin):
        raise SettingsError("TOLLWAY_PORTAL_ORIGIN must be like https://* or https://*:8443")
    return origin


def _smtp(environ: Mapping[str, str]) -> Smtp | None:
    """Read the URL. It may hold a password: no message shows it."""
    text = environ.get("TOLLWAY_SMTP_URL", "")
    if not text:
        return None
    try:
        smtp = _smtp_of(urlsplit(text))
    except ValueError as error:
        raise SettingsError(
            "TOLLWAY_SMTP_URL must be like smtp://user:password@mail.example.com:587?tls=starttls,"
            f" with tls one of {', '.join(SMTP_PORTS)}"
        ) from error
    if smtp.user and smtp.tls == "none" and smtp.host not in {"localhost", "127.0.0.1", "::1"}:
        raise SettingsError("TOLLWAY_SMTP_URL would send a password in the clear: tls=none")
    return smtp


def _smtp_of(parts: SplitResult) -> Smtp:
    options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    tls = options.pop("tls", ["starttls"])[-1]
    if parts.scheme != "smtp" or not parts.hostname or options or tls not in SMTP_PORTS:
        raise ValueError
    port = parts.port or SMTP_PORTS[tls]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Smtp(parts.hostname, port, tls, user, password)


def _mail_from(environ: Mapping[str, str], *, required: bool) -> str:
    text = environ.get("TOLLWAY_MAIL_FROM", "")
    if not text and not required:
        return "Tollway <tollway@localhost>"
    address = parseaddr(text)[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not text.isprintable():
        raise SettingsError("TOLLWAY_MAIL_FROM must be like Tollway <no-reply@example.com>")
    return text


def _nameservers(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(filter(None, environ.get("TOLLWAY_NAMESERVERS", "").split(",")))
    for text in found:
        host, _, port = text.rpartition(":")
        if not re.fullmatch(r"[0-9.]{7,15}|\[[0-9a-f:]+\]", host) or not port.isdigit():
            raise SettingsError("TOLLWAY_NAMESERVERS must be like 10.0.0.53:53,[fd00::53]:53")
    return found


def _sign_up(environ: Mapping[str, str]) -> str:
    text = environ.get("TOLLWAY_SIGN_UP", "")
    if text not in {"", "open", "closed"}:
        raise SettingsError(f"TOLLWAY_SIGN_UP must be open or closed, not {text!r}")
    return text


def _file(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def _secret_keys(environ: Mapping[str, str], directory: Path) -> tuple[bytes, ...]:
    """Hex keys from TOLLWAY_SECRET_KEY (several: newest first, commas), else data-dir/secret."""
    file = directory / "secret"
    text = environ.get("TOLLWAY_SECRET_KEY") or _file(file)
    try:
        keys = tuple(bytes.fromhex(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError("TOLLWAY_SECRET_KEY must be hexadecimal") from error
    if not keys or any(len(key) < 32 for key in keys):
        raise SettingsError(
            f"set TOLLWAY_SECRET_KEY to 64 hexadecimal digits, or let `tollway up` write {file}"
        )
    return keys
