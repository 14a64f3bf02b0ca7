"""The code of a provider's own API: every language has this product's values filled in."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.test import Client

from portal.console.visiting import admin, member, text
from portal.people import BY, Provider
from tollway.portal.applications.services import change_state, update_product
from tollway.portal.catalog.selectors import service_tokens_of
from tollway.portal.console.products import plugins
from tollway.portal.console.products.plugins import LANGUAGES, Language, snippet

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.key)
def test_every_language_has_service_token_and_credentials_filled_in(
    acme: Provider, language: Language
) -> None:
    code = snippet(acme.product, language, with_keys=True)
    [token] = service_tokens_of(acme.tenant, acme.product)
    for value in (token.value, acme.application.user_key, "/transactions/authrep.xml"):
        assert value in code
    assert f'"{acme.product.pk}"' in code or f"service_id={acme.product.pk}" in code
    assert "&quot;" not in code


def test_credentials_are_those_of_the_mode(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    code = snippet(acme.product, LANGUAGES[0], with_keys=True)
    key = acme.application.keys.get()
    assert f"app_id={acme.application.application_id}" in code
    assert f"app_key={key.value}" in code
    change_state(acme.application, "suspend", by=BY)
    assert "app_key=THE_CALLERS_APP_KEY" in snippet(acme.product, LANGUAGES[0], with_keys=True)


def test_the_page_opens_at_the_language_in_use(acme: Provider) -> None:
    client: Client = admin(acme)
    page = f"/apiconfig/services/{acme.product.pk}/code"
    assert "This product is served by a gateway" in text(client.get(page))
    update_product(acme.product, by=BY, deployment_option="plugin_python")
    assert "urlopen" in text(client.get(page))
    assert "Net::HTTP" in text(client.get(page, {"language": "ruby"}))
    assert "curl -sS --get" in text(client.get(page, {"language": "cobol"}))
    codes = {text(client.get(page, {"language": each.key})) for each in plugins.LANGUAGES}
    assert len(codes) == len(plugins.LANGUAGES), "each has a code of its own"


def test_the_python_is_python(acme: Provider) -> None:
    code = snippet(acme.product, LANGUAGES[1], with_keys=True)
    subprocess.run([sys.executable, "-c", f"compile({code!r}, 'x', 'exec')"], check=True)


def test_a_member_who_may_not_see_keys_fills_them_in(acme: Provider) -> None:
    page = f"/apiconfig/services/{acme.product.pk}/code"
    assert acme.application.user_key in text(admin(acme).get(page))
    shown = text(member(acme, "plans").get(page))
    assert acme.application.user_key not in shown
    assert "THE_CALLERS_USER_KEY" in shown
