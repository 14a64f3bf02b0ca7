"""Code that checks calls within a provider's own API, for each language, ready to run."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Product
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.web import calls
from tollway.portal.web.calls import first_application


class Language(Struct, frozen=True):
    """``key`` is what the deployment option ends with.

    ``library`` is a client of 3scale's that may be used instead of plain HTTP, "" for none that we
    know to work.
    """

    key: str
    title: str
    library: str = ""


LANGUAGES = (
    Language("rest", "Shell"),
    Language("python", "Python", "threescalepy"),
    Language("nodejs", "Node.js", "3scale"),
    Language("ruby", "Ruby", "3scale_client"),
    Language("java", "Java"),
    Language("php", "PHP"),
    Language("csharp", "C#"),
)
_ON_THE_WIRE = {
    Product.BackendVersion.USER_KEY: ("user_key",),
    Product.BackendVersion.APP_ID_AND_KEY: ("app_id", "app_key"),
    Product.BackendVersion.OIDC: ("app_id",),
}


@require_safe
def code(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    own = product.deployment_option.removeprefix("plugin_")
    wanted = request.GET.get("language", own)
    language = next((each for each in LANGUAGES if each.key == wanted), LANGUAGES[0])
    context = {
        "product": product,
        "languages": LANGUAGES,
        "language": language,
        "text": snippet(product, language, with_keys=sight_of(request).audience),
        "in_use": not (product.has_gateway or product.in_service_mesh),
    }
    section = product_section(request, product, "product-settings")
    return show(request, "console/products/code.html", section, context)


def snippet(product: Product, language: Language, *, with_keys: bool) -> str:
    """Return a program that asks whether one call is allowed, and counts it.

    Service and token are filled in; the credentials of a live application, where there is one, for
    who may see keys.
    """
    token = selectors.lasting_service_token_of(product.tenant, product)
    context = {
        "authority": settings.TOLLWAY.authority_url,
        "service_id": str(product.pk),
        "service_token": token.value if token else "SERVICE_TOKEN",
        "credentials": _credentials(product, with_keys=with_keys),
    }
    name = f"console/products/code/{language.key}.txt"
    return render_to_string(name, context).strip()


def _credentials(product: Product, *, with_keys: bool) -> dict[str, str]:
    names = _ON_THE_WIRE[Product.BackendVersion(product.backend_version)]
    application = first_application(product) if with_keys else None
    if application is None:
        return {name: f"THE_CALLERS_{name.upper()}" for name in names}
    proxy = selectors.proxy_of(product.tenant, product)
    shown = calls.credentials_for(product.tenant, product, proxy, application)
    values = list(shown.values()) or [application.application_id]
    return dict(zip(names, values, strict=False))
