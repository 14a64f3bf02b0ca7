"""A gateway without a portal: what its options and APIcast's environment variables say.

Variables keep APIcast's names and meaning; ``docs/gateway.md`` lists them all. One that is set and
has no effect here is named in the log, so that nobody believes in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from tollway.config import PORT_MAX, Ports, Settings, SettingsError, variable
from tollway.gateway.compile import Environment
from tollway.gateway.render import Shape

MODES = ("disabled", "status", "policies", "debug")
CACHES = ("strict", "resilient", "none")
OFF = ("", "0", "false", "off", "no")
LOG_LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
WITHOUT_EFFECT = (
    *("APICAST_PATH_ROUTING", "APICAST_PATH_ROUTING_ENABLED", "APICAST_PATH_ROUTING_ONLY"),
    "APICAST_REPORTING_THREADS",
    *("APICAST_POLICY_LOAD_PATH", "APICAST_CUSTOM_CONFIG", "APICAST_MODULE"),
    *("APICAST_ENVIRONMENT", "APICAST_OPENRESTY_BINARY", "APICAST_LOG_FILE"),
    *("APICAST_ACCESS_LOG_FILE", "APICAST_EXTENDED_METRICS", "APICAST_HTTPS_PORT"),
    *("APICAST_HTTP_PROXY_PROTOCOL", "APICAST_PROXY_HTTPS_CERTIFICATE"),
    *("APICAST_UPSTREAM_RETRY_CASES", "APICAST_LARGE_CLIENT_HEADER_BUFFERS"),
    *("HTTP_KEEPALIVE_TIMEOUT", "RESOLVER", "OPENTELEMETRY"),
    *("APICAST_SERVICE_CACHE_SIZE", "http_proxy", "https_proxy", "all_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),
)


class Options(Struct, frozen=True):
    """What the command line says; None leaves it to the environment."""

    config: str | None = None
    authority: str | None = None
    port: int | None = None
    management_port: int | None = None


class Selection(Struct, frozen=True):
    """Which services are served: those named, and those with a host that fits; all if neither."""

    ids: frozenset[str] = frozenset()
    host: str = ""

    def has(self, service_id: str, hosts: list[str]) -> bool:
        if not self.ids and not self.host:
            return True
        fits = bool(self.host) and any(re.search(self.host, host) for host in hosts)
        return service_id in self.ids or fits


class Standalone(Struct, frozen=True):
    """``config`` None: there is nothing to serve until the management API is given something.

    ``reload_s``: seconds between two looks at the file; 0 looks only when asked to. ``metrics``:
    whether they are served on a port of their own, and not only on the management port.
    """

    environment: Environment
    port: int
    config: Path | None = None
    authority: str = ""  # "": the documents say
    management_port: int | None = None
    mode: str = "debug"
    reload_s: float = 0.0
    selection: Selection = Selection()
    shape: Shape = Shape()
    metrics: bool = False
    ignored: tuple[str, ...] = ()  # variables that are set and have no effect


def read(environ: Mapping[str, str], options: Options) -> Standalone | None:
    """Say how to run without a portal; None if nothing asks for that. Raises ``SettingsError``."""
    config = _config(environ, options.config)
    if config is None and options.management_port is None:
        if options.authority is not None or options.port is not None:
            raise SettingsError(
                "--authority and --port are for a gateway with --config or --management-port"
            )
        return None
    environment = _environment(environ)
    ports = Ports.load(environ)
    usual = ports.staging if environment == "staging" else ports.production
    return Standalone(
        environment=environment,
        port=_port("--port", options.port) or usual,
        config=config,
        authority=_authority(environ, options.authority),
        management_port=_port("--management-port", options.management_port),
        mode=_one_of(environ, "APICAST_MANAGEMENT_API", MODES, "debug"),
        reload_s=_reload_s(environ) if config else 0.0,
        selection=_selection(environ),
        shape=_shape(environ, environment),
        metrics=bool(environ.get("TOLLWAY_PORT_METRICS")),
        ignored=tuple(name for name in WITHOUT_EFFECT if environ.get(name)),
    )


def adapted(settings: Settings, alone: Standalone, environ: Mapping[str, str]) -> Settings:
    """Return the settings of such a gateway: who writes its configuration owns the machine."""
    return replace(
        settings,
        authority_url=alone.authority,
        portal_endpoint="",
        allow_private_upstreams=environ.get("TOLLWAY_ALLOW_PRIVATE_UPSTREAMS", "1") == "1",
        ports=Ports.load(
            {**settings.ports.environ(), variable(alone.environment): str(alone.port)}
        ),
    )


def _config(environ: Mapping[str, str], option: str | None) -> Path | None:
    if option is not None:
        return Path(option)
    if path := environ.get("THREESCALE_CONFIG_FILE"):
        return Path(path)
    url = environ.get("APICAST_CONFIGURATION", "")
    parts = urlsplit(url)
    if url and (parts.scheme != "file" or parts.netloc or not parts.path):
        raise SettingsError(
            "APICAST_CONFIGURATION must be like file:/etc/tollway/config.json;"
            " THREESCALE_PORTAL_ENDPOINT names a portal"
        )
    return Path(unquote(parts.path)) if url else None


def _authority(environ: Mapping[str, str], option: str | None) -> str:
    names = ("BACKEND_ENDPOINT_OVERRIDE", "TOLLWAY_AUTHORITY_URL")
    found = {"--authority": option, **{name: environ.get(name) for name in names}}
    name, url = next(((name, url) for name, url in found.items() if url), ("", ""))
    try:
        parts = urlsplit(url or "")
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        parts = urlsplit("")
    bad = parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc
    if name and (bad or parts.query or parts.fragment):
        raise SettingsError(f"{name} must be like https://backend.example.com")
    return (url or "").rstrip("/")


def _environment(environ: Mapping[str, str]) -> Environment:
    found = _one_of(environ, "THREESCALE_DEPLOYMENT_ENV", ("staging", "production"), "production")
    return "staging" if found == "staging" else "production"


def _selection(environ: Mapping[str, str]) -> Selection:
    listed = environ.get("APICAST_SERVICES_LIST") or environ.get("APICAST_SERVICES") or ""
    host = environ.get("APICAST_SERVICES_FILTER_BY_URL", "")
    try:
        re.compile(host)
    except re.error as error:
        raise SettingsError(f"APICAST_SERVICES_FILTER_BY_URL: {host!r}: {error}") from None
    return Selection(frozenset(filter(None, map(str.strip, listed.split(",")))), host)


def _reload_s(environ: Mapping[str, str]) -> float:
    """Read APIcast's number of seconds. A file is never read for every call, as 0 would say."""
    text = environ.get("APICAST_CONFIGURATION_CACHE") or "-1"
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise SettingsError(f"APICAST_CONFIGURATION_CACHE must be a number, not {text!r}")
    return max(0.0, float(text))


def _shape(environ: Mapping[str, str], environment: Environment) -> Shape:
    return Shape(
        (environment,),
        workers=_workers(environ),
        log_level=_one_of(environ, "APICAST_LOG_LEVEL", LOG_LEVELS, "error"),
        cache=_one_of(environ, "APICAST_BACKEND_CACHE_HANDLER", CACHES, "strict"),
        response_codes=environ.get("APICAST_RESPONSE_CODES", "").lower() not in OFF,
    )


def _workers(environ: Mapping[str, str]) -> str:
    text = environ.get("APICAST_WORKERS") or "auto"
    if not re.fullmatch(r"auto|[1-9]\d{0,2}", text):
        raise SettingsError(f"APICAST_WORKERS must be a number or auto, not {text!r}")
    return text


def _one_of(environ: Mapping[str, str], name: str, known: tuple[str, ...], default: str) -> str:
    text = environ.get(name) or default
    if text not in known:
        raise SettingsError(f"{name} must be one of {', '.join(known)}, not {text!r}")
    return text


def _port(option: str, value: int | None) -> int | None:
    if value is not None and not 0 < value <= PORT_MAX:
        raise SettingsError(f"{option} must be a port number, not {value}")
    return value
