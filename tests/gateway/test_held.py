"""Files of configurations: which services are taken, and what is said of those that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.alone import bare
from tollway.gateway.held import ConfigurationError, load, parse
from tollway.gateway.standalone import Selection

ALL = Selection()


def of(*services: object) -> bytes:
    return json.dumps({"services": services}).encode()


def with_id(service_id: object, **proxy: Any) -> dict[str, Any]:
    return {**bare(1, **proxy), "id": service_id}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in bare(1).items() if key != name}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "this is not JSON"),
        (b"{", "this is not JSON"),
        (b"\xff", "this is not JSON"),
        (b"[" * 100_000, "this is not JSON"),
        (b"[]", "the configuration must be an object"),
        (b'{"services": {}}', "services: must be a list"),
        (of(7), r"services\[0\]: must be an object"),
        (of({"id": None}), r"services\[0\].id: must be a number or a text"),
        (of({}), r"services\[0\].backend_version: must be"),
        (of(bare(1), with_id(8, hosts="x")), r"services\[1\].proxy.hosts: Expected `array"),
        (of(without("backend_authentication_value")), r"services\[0\].backend_authentication_va"),
        (of(bare(1, api_backend="nowhere")), r"services\[0\].proxy.api_backend: 'nowhere' is not"),
        (of(bare(1, proxy_rules=[{}])), r"services\[0\].proxy.proxy_rules\[0\]: Object missing"),
        (
            of(bare(1, policy_chain=[{"name": "ip_check"}, {"name": "apicast"}])),
            r"services\[0\].proxy.policy_chain\[0\]: the policy ip_check is not supported",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_by_the_name_of_the_field(
    content: bytes, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{why}"):
        parse(content, "production", ALL)


@pytest.mark.parametrize("content", [b"{}", b'{"services": []}', b'{"services": null, "x": 1}'])
def test_a_configuration_may_be_empty(content: bytes) -> None:
    assert parse(content, "production", ALL) == []


def test_of_two_services_with_one_id_the_first_counts() -> None:
    first = with_id("7", hosts=["first.example"])
    assert parse(of(first, with_id(7)), "production", ALL) == [first]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (ALL, [1, 2]),
        (Selection(frozenset({"1"})), [1]),
        (Selection(host=r"^b\."), [2]),
        (Selection(frozenset({"1"}), "^b"), [1, 2]),
        (Selection(frozenset({"9"})), []),
    ],
)
def test_services_can_be_chosen(selection: Selection, taken: list[int]) -> None:
    """What is not chosen is not looked at: it may be for another gateway."""
    services = [with_id(1, hosts=["a.example"]), with_id(2, hosts=["b.example"])]
    if selection != ALL:
        services.append({"id": 3, "proxy": "elsewhere's"})
    found = parse(of(*services), "production", selection)
    assert [service["id"] for service in found] == taken


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    with pytest.raises(ConfigurationError, match=f"^{missing}: No such file"):
        load(missing, "production", ALL)
    with pytest.raises(ConfigurationError, match=f"^{tmp_path}: Is a directory"):
        load(tmp_path, "production", ALL)
