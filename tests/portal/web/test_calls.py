"""The curl line shows what a product asks for, where it asks for it, and is safe to paste."""

from __future__ import annotations

import shlex

import pytest

from portal.people import BY, Provider
from tollway.portal.applications.services import add_key
from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.web.calls import credentials_for, curl

pytestmark = pytest.mark.django_db
AT = "http://api-2.gateway.localhost:8081"

LINES = [
    ("query", {"user_key": "k"}, "/", [f"{AT}/?user_key=k"]),
    ("query", {"user_key": "k"}, "", [f"{AT}/?user_key=k"]),
    ("query", {"user_key": "k"}, "/v1?q=x", [f"{AT}/v1?q=x&user_key=k"]),
    ("query", {"app_id": "a", "app_key": "b&c"}, "/", [f"{AT}/?app_id=a&app_key=b%26c"]),
    ("headers", {"user_key": "k k"}, "/", [f"{AT}/", "-H", "user_key: k k"]),
    (
        "headers",
        {"app_id": "a", "app_key": "b"},
        "/",
        [f"{AT}/", "-H", "app_id: a", "-H", "app_key: b"],
    ),
    ("authorization", {"user_key": "k"}, "/", [f"{AT}/", "-u", "k:"]),
    ("authorization", {"app_id": "a", "app_key": "$b"}, "/", [f"{AT}/", "-u", "a:$b"]),
    ("query", {}, "/", [f"{AT}/", "-H", "Authorization: Bearer ACCESS_TOKEN"]),
    ("query", {"user_key": "k"}, "/$(reboot)", [f"{AT}/$(reboot)?user_key=k"]),
]


@pytest.mark.parametrize(("place", "credentials", "path", "words"), LINES)
def test_a_shell_reads_the_line_as_it_is_meant(
    place: str, credentials: dict[str, str], path: str, words: list[str]
) -> None:
    line = curl(AT, path, Proxy(credentials_location=place), credentials)
    assert shlex.split(line) == ["curl", *words]
    assert "$(" not in line or "'" in line, "a shell runs nothing of it"


def credentials(provider: Provider) -> dict[str, str]:
    proxy = proxy_of(provider.tenant, provider.product)
    return credentials_for(provider.tenant, provider.product, proxy, provider.application)


def test_each_mode_shows_its_own_credentials(acme: Provider) -> None:
    assert credentials(acme) == {"user_key": acme.application.user_key}

    acme.product.backend_version = Product.BackendVersion.APP_ID_AND_KEY
    app_id = acme.application.application_id
    assert credentials(acme) == {"app_id": app_id}
    add_key(acme.application, by=BY, value="a-key")
    assert credentials(acme) == {"app_id": app_id, "app_key": "a-key"}

    acme.product.backend_version = Product.BackendVersion.OIDC
    assert credentials(acme) == {}


def test_names_are_the_product_s_own(acme: Provider) -> None:
    Proxy.objects.filter(product=acme.product).update(auth_user_key="api-key")
    assert credentials(acme) == {"api-key": acme.application.user_key}
