"""The forms of a product's settings, one for each card of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django import forms

from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.web.forms import PageForm

_MODE, _OPTION = Product.BackendVersion, Product.DeploymentOption
ANSWERS = {
    "auth_missing": "No credentials",
    "auth_failed": "Wrong credentials",
    "no_match": "No mapping rule matches",
    "limits_exceeded": "A limit is used up",
}
_ANSWER = r'[A-Za-z0-9{}\[\],.;@#~%&()?_"= /\\:+-]+'
_ANSWER_WRONG = 'Use one line of letters, digits, spaces and {}[],.;@#~%%&()?_"=/\\:+- only.'
_NAME_WRONG = "Use letters, digits, hyphens and _ only."

OPTIONS = [
    (_OPTION.HOSTED, "Tollway's gateway"),
    (_OPTION.SELF_MANAGED, "Your own gateway"),
    (_OPTION.SERVICE_MESH, "A service mesh (Istio)"),
    (_OPTION.PLUGIN_RUBY, "Ruby"),
    (_OPTION.PLUGIN_JAVA, "Java"),
    (_OPTION.PLUGIN_PYTHON, "Python"),
    (_OPTION.PLUGIN_NODEJS, "Node.js"),
    (_OPTION.PLUGIN_PHP, "PHP"),
    (_OPTION.PLUGIN_CSHARP, "C#"),
    (_OPTION.PLUGIN_REST, "anything else, by HTTP"),
]
MODES = [
    (_MODE.USER_KEY, "API key: one secret for each application"),
    (_MODE.APP_ID_AND_KEY, "App ID and key: a name, and secrets that can be changed one by one"),
    (_MODE.OIDC, "OpenID Connect: tokens of your identity provider"),
]


def _text(label: str, help_text: str = "", **options: Any) -> forms.CharField:  # noqa: ANN401
    widget = forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"})
    options = {"max_length": 255, "required": False, "widget": widget, **options}
    return forms.CharField(label=label, help_text=help_text, **options)


def _named(label: str) -> forms.RegexField:
    return forms.RegexField(
        r"\A[A-Za-z0-9_-]+\Z",
        label=label,
        max_length=255,
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        error_messages={"invalid": _NAME_WRONG, "required": _NAME_WRONG},
    )


def _switch(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class DeploymentForm(PageForm):
    deployment_option = forms.ChoiceField(
        label="Who checks the calls", choices=OPTIONS, widget=forms.RadioSelect
    )
    endpoint = _text(
        "Public address in production",
        "Where your gateway is reached: https://api.example.com. Left empty, the address that"
        " Tollway gives.",
    )
    sandbox_endpoint = _text(
        "Public address of staging", "Left empty, staging stays on Tollway's gateway."
    )


class AuthenticationForm(PageForm):
    backend_version = forms.ChoiceField(
        label="How applications show who they are", choices=MODES, widget=forms.RadioSelect
    )
    credentials_location = forms.ChoiceField(
        label="Where callers put the credentials",
        choices=[
            (Proxy.CredentialsLocation.QUERY, "In the query, or in the body of a form"),
            (Proxy.CredentialsLocation.HEADERS, "In headers"),
            (Proxy.CredentialsLocation.AUTHORIZATION, "As HTTP basic authentication"),
        ],
    )
    auth_user_key = _named("Name of the key")
    auth_app_id = _named("Name of the app ID")
    auth_app_key = _named("Name of the app key")
    oidc_issuer_endpoint = _text(
        "Issuer",
        "The address of the realm, without user name: https://idp.example.com/realms/api.",
        max_length=1500,
    )
    oidc_client_id = _text("Client ID of the portal at the issuer")
    oidc_client_secret = forms.CharField(
        label="Client secret",
        max_length=255,
        required=False,
        help_text="Left empty, the one that is set stays.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    oidc_issuer_type = forms.ChoiceField(
        label="Kind of issuer",
        choices=[
            (Proxy.IssuerType.KEYCLOAK, "Keycloak or Red Hat Single Sign-On"),
            (Proxy.IssuerType.REST, "Anything else, by REST"),
        ],
    )
    jwt_claim_with_client_id = _text(
        "Claim that holds the client ID", "Left empty, it is azp. Of a list the first counts."
    )
    jwt_claim_with_client_id_type = forms.ChoiceField(
        label="The claim is",
        required=False,
        choices=[("", "plain text"), (Proxy.ClaimType.LIQUID, "a path, like {{ azp }}")],
    )
    standard_flow_enabled = _switch("Authorization code flow")
    implicit_flow_enabled = _switch("Implicit flow")
    service_accounts_enabled = _switch("Service accounts flow")
    direct_access_grants_enabled = _switch("Direct access grant flow")

    def clean(self) -> dict[str, Any]:
        """Ask for an issuer where tokens of one are to be taken."""
        given: dict[str, Any] = super().clean() or {}
        wants = given.get("backend_version") == _MODE.OIDC
        if wants and not given.get("oidc_issuer_endpoint") and not self.has_error(_ISSUER):
            self.add_error(_ISSUER, "Enter the address of the issuer.")
        if "@" in urlsplit_netloc(given.get(_ISSUER) or ""):
            self.add_error(_ISSUER, "Put the client ID and its secret into their own fields.")
        return given


_ISSUER = "oidc_issuer_endpoint"


def urlsplit_netloc(address: str) -> str:
    """Return what stands between the scheme and the path; "" for what is no address."""
    return address.partition("://")[2].partition("/")[0]


class UpstreamForm(PageForm):
    hostname_rewrite = forms.RegexField(
        r"\A[A-Za-z0-9.-]+(:\d{1,5})?\Z",
        label="Host header",
        required=False,
        max_length=255,
        help_text="What your API sees as Host. Left empty, the host of its private base URL.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        error_messages={"invalid": "Enter a host name, like api.internal, without https://."},
    )
    secret_token = forms.RegexField(
        r"\A[\x21-\x7e]{1,255}\Z",
        label="Another secret token",
        required=False,
        max_length=255,
        help_text="Left empty, the one above stays.",
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}
        ),
        error_messages={"invalid": "Use printable characters without spaces."},
    )


class AnswersForm(PageForm):
    """``error_status_X``, ``error_headers_X`` (the content type) and ``error_X`` of each answer."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  (as Django's)
        super().__init__(*args, **options)
        for kind, title in ANSWERS.items():
            self.fields[f"error_status_{kind}"] = forms.IntegerField(
                label=f"{title}: status",
                min_value=200,
                max_value=599,
                error_messages={
                    "min_value": "Must be from 200 to 599",
                    "max_value": "Must be from 200 to 599",
                },
            )
            for part, label in (("headers_", "content type"), ("", "text")):
                self.fields[f"error_{part}{kind}"] = forms.RegexField(
                    rf"\A{_ANSWER}\Z",
                    label=f"{title}: {label}",
                    max_length=255,
                    error_messages={"invalid": _ANSWER_WRONG},
                )

    @property
    def rows(self) -> list[tuple[str, list[Any]]]:
        """Return each answer's title with its three fields."""
        parts = ("status_", "headers_", "")
        return [
            (title, [self[f"error_{part}{kind}"] for part in parts])
            for kind, title in ANSWERS.items()
        ]


# --- what is stored, as the forms have it ----------------------------------------------------


def stored(form: type[PageForm], product: Product, proxy: Proxy) -> Mapping[str, Any]:
    """Return the initial values of one of the forms."""
    if form is DeploymentForm:
        return {
            "deployment_option": product.deployment_option,
            "endpoint": proxy.own_endpoint,
            "sandbox_endpoint": proxy.own_sandbox_endpoint,
        }
    if form is UpstreamForm:
        return {"hostname_rewrite": proxy.hostname_rewrite, "secret_token": ""}
    names = [*(form().fields)]
    found = {
        name: getattr(row, name) for row in (proxy, product) for name in names if hasattr(row, name)
    }
    return (
        {**found, **issuer_parts(proxy.oidc_issuer_endpoint)}
        if form is AuthenticationForm
        else found
    )


def issuer_parts(address: str) -> dict[str, str]:
    """Take an issuer's address apart; the client's secret is not shown."""
    login, at, _ = urlsplit_netloc(address).rpartition("@")
    client = unquote(login.partition(":")[0])
    without = address.replace(f"{login}{at}", "", 1) if at else address
    return {"oidc_issuer_endpoint": without, "oidc_client_id": client, "oidc_client_secret": ""}


def issuer_address(given: Mapping[str, Any], before: str) -> str:
    """Put an issuer's address together.

    A secret that was not typed is that of ``before``, if the same client goes to the same issuer.
    """
    issuer, client = given["oidc_issuer_endpoint"], given["oidc_client_id"]
    if not issuer or not client:
        return str(issuer)
    was = issuer_parts(before)
    same = (was["oidc_issuer_endpoint"], was["oidc_client_id"]) == (issuer, client)
    known = urlsplit(before).password if same else None
    secret = quote(given["oidc_client_secret"], safe="") or known or ""
    scheme, _, rest = issuer.partition("://")
    return f"{scheme}://{quote(client, safe='')}{f':{secret}' if secret else ''}@{rest}"
