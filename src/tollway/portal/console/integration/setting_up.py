"""The form beside the test: where the API is, and which path is called; and saving it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from msgspec import Struct

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import BackendUsage, Product, Proxy
from tollway.portal.catalog.pending import pending_changes
from tollway.portal.console.integration.versions import SANDBOX, author_of
from tollway.portal.console.pages import actor_of
from tollway.portal.console.sight import Sight
from tollway.portal.fields import Pattern
from tollway.portal.web.editing import Clash, Difference, shown
from tollway.portal.web.forms import PageForm

TEST_PATH = Pattern(r"/[\x21-\x7e]*", "Must start with /, and have no spaces.")


class Setup(Struct, frozen=True):
    """What is set now. ``at_root``: the one backend that the form may change, if it is one."""

    product: Product
    proxy: Proxy
    usages: Sequence[BackendUsage]

    @property
    def at_root(self) -> BackendUsage | None:
        alone = [usage for usage in self.usages if usage.path == "/" and len(self.usages) == 1]
        return alone[0] if alone else None

    @property
    def has_address(self) -> bool:
        """Whether the form asks for the private base URL: not if several backends answer."""
        return not self.usages or self.at_root is not None

    @property
    def values(self) -> dict[str, str]:
        """What the form begins with."""
        found = {"api_test_path": self.proxy.api_test_path}
        if self.has_address:
            found["api_backend"] = self.at_root.backend.private_endpoint if self.at_root else ""
        return found


def setup_of(product: Product) -> Setup:
    tenant = product.tenant
    usages = list(selectors.backend_usages_of(tenant, product))
    return Setup(product, selectors.proxy_of(tenant, product), usages)


def others_of(setup: Setup, sight: Sight) -> list[str]:
    """Name the products beside this one that use its one backend, and that the user may see."""
    if setup.at_root is None:
        return []
    users = sight.products().filter(backend_usages__backend=setup.at_root.backend_id)
    return list(users.exclude(pk=setup.product.pk).values_list("name", flat=True)[:5])


class SetUpForm(PageForm):
    """``lock_version`` and ``seen_backend`` say what its sender saw."""

    api_backend = forms.CharField(
        label="Private base URL",
        max_length=255,
        error_messages={"required": "Enter where your API listens."},
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    api_test_path = forms.CharField(
        label="Test request",
        max_length=255,
        validators=[TEST_PATH],
        required=False,
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    access_token = forms.CharField(
        label="Access token",
        required=False,
        max_length=8000,
        help_text="Of your identity provider. It is used for this call, and not kept.",
        widget=forms.PasswordInput(attrs={"class": "mono", "autocomplete": "off"}),
    )
    lock_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_backend = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, setup: Setup, **options: Any) -> None:  # noqa: ANN401
        initial = {
            **setup.values,
            "lock_version": setup.proxy.lock_version,
            "seen_backend": setup.values.get("api_backend", ""),
        }
        options["initial"] = {**initial, **options.pop("initial", {})}
        super().__init__(*args, **options)
        if not setup.has_address:
            del self.fields["api_backend"]
        if setup.product.backend_version != Product.BackendVersion.OIDC:
            del self.fields["access_token"]

    def changes(self, setup: Setup) -> dict[str, str]:
        """Return what differs from what is set."""
        given = {name: self.cleaned_data[name].strip() for name in setup.values}
        return {name: value for name, value in given.items() if value != setup.values[name]}


class Saved(Struct, frozen=True):
    """``is_new``: there is another version on staging than before."""

    is_new: bool = False
    clash: Clash | None = None


def save(request: HttpRequest, form: SetUpForm, setup: Setup) -> Saved:
    """Save what was changed, and have it deployed with whatever else has been changed.

    A form that fails has errors afterwards. Nothing is saved over what somebody else has saved
    since its sender looked; that is a clash.
    """
    product, by = setup.product, actor_of(request)
    changes = form.changes(setup)
    if changes and _is_stale(form, setup):
        return Saved(clash=clash_of(form, setup))
    before = selectors.config_in_force(product.tenant, product, SANDBOX)
    if changes:
        version = setup.proxy.lock_version
        form.attempt(lambda: services.update_proxy(product, by=by, lock_version=version, **changes))
    elif pending_changes(product.tenant, product).staging:
        form.attempt(lambda: services.deploy(product, by=by))
    if services.EDITED in form.non_field_errors():
        return Saved(clash=clash_of(form, setup_of(product)))
    after = selectors.config_in_force(product.tenant, product, SANDBOX)
    return Saved(is_new=after is not None and (before is None or after.pk != before.pk))


def _is_stale(form: SetUpForm, setup: Setup) -> bool:
    seen = form.cleaned_data
    if seen.get("lock_version") not in {None, setup.proxy.lock_version}:
        return True
    return setup.has_address and seen.get("seen_backend", "") != setup.values["api_backend"]


def clash_of(form: SetUpForm, setup: Setup) -> Clash:
    """Return what is set by now beside what the form holds."""
    config = selectors.config_in_force(setup.product.tenant, setup.product, SANDBOX)
    return Clash(
        by=author_of(config) if config else "Somebody",
        at=max(setup.proxy.updated_at, *(usage.backend.updated_at for usage in setup.usages))
        if setup.usages
        else setup.proxy.updated_at,
        seen="",
        differences=tuple(_differences(form, setup.values)),
    )


def _differences(form: SetUpForm, saved: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(str(form[name].label), theirs, yours)
        for name in saved
        if (theirs := shown(form[name], saved[name]))
        != (yours := shown(form[name], form[name].value()))
    ]


def echo_url() -> str:
    """Return the address of this installation's Echo API."""
    return f"http://echo.{settings.TOLLWAY.domain}:{settings.TOLLWAY.ports.echo}"
