"""The part of Domains & access about hosts of the tenant's own: a form, and what is to be done.

What the name servers said is shown on the answer to "Check the DNS" and not kept: it is old news
a minute later (checklist, S112, S114 and S115).
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from msgspec import Struct

from tollway.portal.fields import TAKEN
from tollway.portal.mail.models import Audience
from tollway.portal.storefront import domains
from tollway.portal.storefront.names import PREFIX, Seen
from tollway.portal.tenants.models import OWN_HOST_LENGTH_MAX, Tenant
from tollway.portal.tenants.selectors import master
from tollway.portal.web.forms import PageForm

_PORTALS = {Audience.DEVELOPER: "the developer portal", Audience.ADMIN: "the admin portal"}
_THERE, _MISSING, _OTHER, _SILENT = "there", "Not there", "Another value", "No answer"
_ADVICE = {
    domains.NO_PROOF: (
        "The TXT record is not there yet",
        "Compare name and value with what your DNS has. Some providers add the domain to the name"
        " by themselves: then enter only what stands before it.",
    ),
    domains.ELSEWHERE: (
        "The domain is yours, and leads elsewhere",
        "Let it lead here first. If a proxy of yours stands there and hands requests on to us with"
        " this host, use it as it is.",
    ),
    TAKEN: (
        "Another organisation uses this domain, and its proof still stands in the DNS",
        "Remove the TXT record that is not yours, and check again.",
    ),
}
_NO_ANSWER = ("The name servers do not answer", "Nothing was changed. Try again in a minute.")


def _host(label: str, text: str) -> forms.CharField:
    attrs = {"class": "mono", "autocomplete": "off", "placeholder": "portal.example.com"}
    return forms.CharField(
        label=label,
        required=False,
        max_length=OWN_HOST_LENGTH_MAX,
        help_text=text,
        widget=forms.TextInput(attrs={**attrs, "spellcheck": "false", "inputmode": "url"}),
    )


class DomainsForm(PageForm):
    wanted_developer_domain = _host(
        "Your domain for the developer portal",
        "Links in mail lead there, and the address it has now leads over. Empty: only ours.",
    )
    wanted_admin_domain = _host(
        "Your domain for the admin portal",
        "The address it has now goes on working, for programs and for emergencies. Empty: only"
        " ours.",
    )

    def clean(self) -> None:
        for name in self.fields:
            text = str(self.cleaned_data.get(name, "")).strip().lower().removesuffix(".")
            self.cleaned_data[name] = text
            if problem := _problem(text):
                self.add_error(name, problem)


def _problem(text: str) -> str:
    """Say what is wrong where the rule's own words would not help."""
    if "/" in text or ":" in text:
        return "Enter the name only, without https://, a port or a path."
    if not text.isascii():
        return "Enter letters beyond a to z in their xn-- form."
    return ""


class Record(Struct, frozen=True):
    """``state`` is "" before the DNS was asked, "there", or what is wrong."""

    kind: str
    name: str
    value: str
    state: str = ""
    found: str = ""


class Step(Struct, frozen=True):
    """What has to be done outside for one portal; ``elsewhere``: all but that it leads here."""

    audience: str
    portal: str
    host: str
    first: str
    records: tuple[Record, Record]
    refusal: str = ""
    advice: str = ""
    elsewhere: bool = False


def saved(tenant: Tenant) -> dict[str, str]:
    """Return what the form shows: what is wanted or, if nothing waits, what is used."""
    found = (domains.domain_of(tenant, audience) for audience in Audience)
    return {domains.columns(each.audience)[1]: each.wanted or each.used for each in found}


def form_of(tenant: Tenant, form: DomainsForm | None = None) -> DomainsForm:
    """Return a form in which only what the plan allows can be entered."""
    form = form or DomainsForm(initial=saved(tenant))
    for audience in Audience:
        if is_locked(tenant, audience):
            form.fields[domains.columns(audience)[1]].widget.attrs["disabled"] = True
    return form


def is_locked(tenant: Tenant, audience: Audience) -> bool:
    """Say whether the plan has no domains; one that is there can still be given up."""
    found = domains.domain_of(tenant, audience)
    return not (tenant.domains_allowed or found.used or found.wanted)


def operator_email() -> str:
    operator = master()
    return operator.support_email if operator else ""


def steps_of(
    tenant: Tenant, seen: Seen | None = None, refusal: ValidationError | None = None
) -> list[Step]:
    """Return what waits for the DNS; with what was ``seen`` of one host, and why it is not used."""
    found = (domains.domain_of(tenant, audience) for audience in _PORTALS)
    return [_step(tenant, each, seen, refusal) for each in found if each.wanted]


def _step(
    tenant: Tenant, domain: domains.Domain, seen: Seen | None, refusal: ValidationError | None
) -> Step:
    about = seen if seen is not None and seen.host == domain.wanted else None
    why = refusal.messages[0] if about and refusal else ""
    title, advice = _NO_ANSWER if about and about.silent else _advice(domain, why)
    return Step(
        audience=domain.audience.value,
        portal=_PORTALS[domain.audience],
        host=domain.wanted,
        first=domain.first,
        records=(_proof(tenant, domain, about), _way(domain, about)),
        refusal=title,
        advice=advice,
        elsewhere=why == domains.ELSEWHERE,
    )


def _advice(domain: domains.Domain, why: str) -> tuple[str, str]:
    """Return what is wrong and what to do about it; both are "" if nothing is."""
    return _ADVICE.get(why, (f"{domain.wanted} {why}" if why else "", ""))


def _proof(tenant: Tenant, domain: domains.Domain, seen: Seen | None) -> Record:
    value = domains.proof_of(tenant, domain.wanted)
    name = f"{PREFIX}.{domain.wanted}"
    if seen is None:
        return Record("TXT", name, value)
    found = "" if value in seen.texts else ", ".join(seen.shown)
    state = _THERE if value in seen.texts else _OTHER if found else _MISSING
    return Record("TXT", name, value, _SILENT if seen.silent else state, found)


def _way(domain: domains.Domain, seen: Seen | None) -> Record:
    if seen is None:
        return Record("CNAME", domain.wanted, domain.first)
    found = "" if seen.here else ", ".join(seen.leads_to)
    state = _THERE if seen.here else "Leads elsewhere" if found else _MISSING
    return Record("CNAME", domain.wanted, domain.first, _SILENT if seen.silent else state, found)
