"""What APIcast's variables and the command's options say of a gateway without a portal."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tollway import config
from tollway.config import SettingsError
from tollway.gateway import agent, standalone
from tollway.gateway.render import Shape, render
from tollway.gateway.standalone import WITHOUT_EFFECT, Options, Selection, Standalone

DOCS = Path(__file__).parents[2] / "docs/gateway.md"
SHAPE = Shape(("production",), cache="strict")
FILE = {"THREESCALE_CONFIG_FILE": "/c.json"}


def read(options: Options = Options(), /, **environ: str) -> Standalone:  # noqa: B008  (frozen)
    found = standalone.read({**FILE, **environ}, options)
    assert found
    return found


@pytest.mark.parametrize("environ", [{}, {"TOLLWAY_PORT_STAGING": "1"}])
def test_without_a_file_or_a_management_port_a_gateway_follows_a_feed(
    environ: dict[str, str],
) -> None:
    assert standalone.read(environ, Options()) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Standalone("production", 8081, Path("/c.json"), shape=SHAPE)),
        (
            {"TOLLWAY_PORT_PRODUCTION": "99"},
            Standalone("production", 99, Path("/c.json"), shape=SHAPE),
        ),
        (
            {"THREESCALE_DEPLOYMENT_ENV": "staging"},
            Standalone("staging", 8080, Path("/c.json"), shape=Shape(("staging",), cache="strict")),
        ),
    ],
)
def test_a_file_alone_is_enough(environ: dict[str, str], expected: Standalone) -> None:
    assert read(**environ) == expected


@pytest.mark.parametrize(
    ("environ", "field", "expected"),
    [
        ({"BACKEND_ENDPOINT_OVERRIDE": "https://b.example/"}, "authority", "https://b.example"),
        ({"TOLLWAY_AUTHORITY_URL": "http://b.example:1/p"}, "authority", "http://b.example:1/p"),
        ({"APICAST_MANAGEMENT_API": "status"}, "mode", "status"),
        ({"APICAST_LOG_LEVEL": "info"}, "shape", replace(SHAPE, log_level="info")),
        ({"APICAST_WORKERS": "3"}, "shape", replace(SHAPE, workers="3")),
        ({"APICAST_BACKEND_CACHE_HANDLER": "none"}, "shape", replace(SHAPE, cache="none")),
        ({"APICAST_RESPONSE_CODES": "1"}, "shape", replace(SHAPE, response_codes=True)),
        ({"APICAST_RESPONSE_CODES": "false"}, "shape", SHAPE),
        ({"APICAST_CONFIGURATION_CACHE": "300"}, "reload_s", 300.0),
        ({"APICAST_CONFIGURATION_CACHE": "-1"}, "reload_s", 0.0),
        ({"APICAST_SERVICES_LIST": "7, 8"}, "selection", Selection(frozenset({"7", "8"}))),
        ({"APICAST_SERVICES": "7"}, "selection", Selection(frozenset({"7"}))),
        ({"APICAST_SERVICES_FILTER_BY_URL": "^a"}, "selection", Selection(host="^a")),
        ({"TOLLWAY_PORT_METRICS": "9421"}, "metrics", True),
        ({"APICAST_PATH_ROUTING": "1"}, "ignored", ("APICAST_PATH_ROUTING",)),
    ],
)
def test_variables_mean_what_they_mean_to_apicast(
    environ: dict[str, str], field: str, expected: object
) -> None:
    assert getattr(read(**environ), field) == expected


def test_options_come_before_variables() -> None:
    options = Options("/o.json", "http://o.example", 1, 2)
    found = read(options, BACKEND_ENDPOINT_OVERRIDE="http://e.example")
    assert (found.config, found.authority) == (Path("/o.json"), "http://o.example")
    assert (found.port, found.management_port) == (1, 2)


def test_the_file_may_be_named_by_a_url() -> None:
    found = standalone.read({"APICAST_CONFIGURATION": "file:///a%20b.json"}, Options())
    assert found
    assert found.config == Path("/a b.json")


@pytest.mark.parametrize(
    ("environ", "options", "why"),
    [
        ({"THREESCALE_DEPLOYMENT_ENV": "test"}, Options(), "THREESCALE_DEPLOYMENT_ENV must be"),
        ({"BACKEND_ENDPOINT_OVERRIDE": "b.example"}, Options(), "BACKEND_ENDPOINT_OVERRIDE must"),
        ({}, Options(authority="http://u@b.example"), "--authority must be like"),
        ({}, Options(authority="http://b.example:x"), "--authority must be like"),
        ({"APICAST_MANAGEMENT_API": "all"}, Options(), "APICAST_MANAGEMENT_API must be one of"),
        ({"APICAST_LOG_LEVEL": "loud; }"}, Options(), "APICAST_LOG_LEVEL must be one of"),
        ({"APICAST_WORKERS": "0"}, Options(), "APICAST_WORKERS must be a number or auto"),
        ({"APICAST_CONFIGURATION_CACHE": "x"}, Options(), "APICAST_CONFIGURATION_CACHE must be"),
        ({"APICAST_SERVICES_FILTER_BY_URL": "("}, Options(), "APICAST_SERVICES_FILTER_BY_URL: "),
        ({}, Options(port=0), "--port must be a port number"),
        ({}, Options(management_port=70000), "--management-port must be a port number"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    environ: dict[str, str], options: Options, why: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{why}"):
        read(options, **environ)


@pytest.mark.parametrize("url", ["https://t@p.example", "data:application/json,{}", "file:"])
def test_a_configuration_from_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^APICAST_CONFIGURATION must be like"):
        standalone.read({"APICAST_CONFIGURATION": url}, Options())


def test_an_authority_without_a_configuration_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="--config or --management-port"):
        standalone.read({}, Options(authority="http://a.example"))


def test_it_listens_for_one_environment_and_may_call_its_own_machine() -> None:
    environ = {"TOLLWAY_SECRET_KEY": "00" * 32, "THREESCALE_PORTAL_ENDPOINT": "http://t@p.example"}
    options = Options(port=1234, management_port=1235)
    alone = read(options, APICAST_WORKERS="3", APICAST_LOG_LEVEL="warn")
    settings = standalone.adapted(config.load(environ), alone, environ)
    assert (settings.authority_url, settings.portal_endpoint) == ("", "")
    text = render(settings, Path("/d"), (), alone.shape).text
    assert text.count("backlog=4096") == 1
    for line in ("listen 127.0.0.1:1234 ", "worker_processes 3;", 'nohostname" warn;'):
        assert line in text
    guard = agent.guard_of(settings, alone)
    assert guard.private
    assert guard.own_ports == {1234, 1235}
    forbidden = {**environ, "TOLLWAY_ALLOW_PRIVATE_UPSTREAMS": "0"}
    assert not standalone.adapted(settings, alone, forbidden).allow_private_upstreams


def test_every_variable_without_effect_is_in_the_documentation() -> None:
    text = DOCS.read_text()
    assert [name for name in WITHOUT_EFFECT if f"`{name}`" not in text] == []
