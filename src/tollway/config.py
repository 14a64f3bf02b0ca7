"""Every setting, read from the environment once. ``docs/settings.md`` describes them for operators.

`tollway up` sets these for its children; in production the operator does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct



class SettingsError(Exception):
    """A setting is missing or malformed. The message names it and says what to do."""


class Ports(Struct, frozen=True):
    portal: int = 3000
    authority: int = 3001
    echo: int = 3002
    staging: int = 8080
    production: int = 8081
    metrics: int = 3005

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """Six ports in a row: portal, authority, Echo, staging, production, metrics."""
        return cls(base, base + 1, base + 2, base + 3, base + 4, base + 5)


class Settings(Struct, frozen=True):
    """``secret_keys`` are the master keys, newest first. URLs carry no trailing slash."""

    data_dir: Path
    secret_keys: tuple[bytes, ...]
    valkey_url: str
    database_url: str  # "" for SQLite in the data directory
    domain: str
    ports: Ports
    gateway_token: str  # what the gateway's agent shows the authority
    authority_url: str
    allow_private_upstreams: bool
    trusted_proxies: tuple[str, ...]
    echo_alias: str  # host:port that answers for echo-api.3scale.net, the quick start's upstream; ""


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises ``SettingsError``."""
    data_dir = Path(environ.get("TOLLWAY_DATA_DIR") or "data").absolute()
    ports = _ports(environ)
    return Settings(
        data_dir=data_dir,
        secret_keys=_secret_keys(environ, data_dir),
        valkey_url=environ.get("TOLLWAY_VALKEY_URL") or f"unix://{data_dir}/run/valkey.sock",
        database_url=environ.get("TOLLWAY_DATABASE_URL", ""),
        domain=environ.get("TOLLWAY_DOMAIN") or "localhost",
        ports=ports,
        gateway_token=environ.get("TOLLWAY_GATEWAY_TOKEN", ""),
        authority_url=environ.get("TOLLWAY_AUTHORITY_URL")
        or f"http://127.0.0.1:{ports.authority}",
        allow_private_upstreams=environ.get("TOLLWAY_ALLOW_PRIVATE_UPSTREAMS") == "1",
        trusted_proxies=tuple(filter(None, environ.get("TOLLWAY_TRUSTED_PROXIES", "").split(","))),
        echo_alias=environ.get("TOLLWAY_ECHO_ALIAS", ""),
    )


def _ports(environ: Mapping[str, str]) -> Ports:
    def port(name: str, default: int) -> int:
        text = environ.get(f"TOLLWAY_PORT_{name.upper()}") or str(default)
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise SettingsError(f"TOLLWAY_PORT_{name.upper()} must be a port number, not {text!r}")
        return int(text)

    defaults = Ports()
    return Ports(**{name: port(name, getattr(defaults, name)) for name in Ports.__struct_fields__})


def _secret_keys(environ: Mapping[str, str], data_dir: Path) -> tuple[bytes, ...]:
    """Hex keys from TOLLWAY_SECRET_KEY (several: newest first, commas), else data-dir/secret."""
    file = data_dir / "secret"
    text = environ.get("TOLLWAY_SECRET_KEY") or (file.read_text() if file.exists() else "")
    try:
        keys = tuple(bytes.fromhex(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError("TOLLWAY_SECRET_KEY must be hexadecimal") from error
    if not keys or any(len(key) < 32 for key in keys):
        raise SettingsError(
            f"set TOLLWAY_SECRET_KEY to 64 hexadecimal digits, or let `tollway up` write {file}"
        )
    return keys
