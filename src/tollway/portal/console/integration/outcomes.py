"""What a test call came to, in words: a title, what it means, and what to do next."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tollway.core.usage import Amount
from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.counting.effects import tree_of
from tollway.portal.tryout.judging import Outcome
from tollway.portal.tryout.reports import Report

WORKS = "Connection between client, gateway & API is working correctly as reflected in the"
NOT_OK = "Something is not quite ok. Is your private API host reachable from the API gateway?"


class Step(Struct, frozen=True):
    """What to do next; ``url`` is where, "" if it is on this page or outside."""

    text: str
    url: str = ""


class Words(Struct, frozen=True):
    """``tone`` is "go", "stop", "wait" or "info"."""

    tone: str
    title: str
    text: str
    steps: tuple[Step, ...] = ()

    @property
    def icon(self) -> str:
        icons = {"go": "circle-check", "stop": "alert-circle", "wait": "clock"}
        return icons.get(self.tone, "info-circle")


class Counted(Struct, frozen=True):
    metric: str
    units: int


# The authority has let these through, and has counted them by then.
_COUNTED = {
    Outcome.PASSED, Outcome.REDIRECTED, Outcome.ANSWERED, Outcome.NO_BACKEND, Outcome.NO_ADDRESS,
    Outcome.UNREACHABLE, Outcome.TLS, Outcome.TIMEOUT,
}  # fmt: skip


def counted_by(product: Product, report: Report) -> list[Counted]:
    """Return what the call counted, with what methods and backends add to the metrics above."""
    if report.outcome not in _COUNTED:
        return []
    tree = tree_of(product)
    used = {tree.id_of(name): Amount(units) for name, units in report.usage.items()}
    known = {pk: amount for pk, amount in used.items() if pk is not None}
    total = tree.roll_up(known)
    return [Counted(tree.name_of(pk).partition(".")[0], total[pk].value) for pk in total]


def words_of(product: Product, report: Report) -> Words:
    return _WORDS[report.outcome](product, report)


def _rule(product: Product, report: Report) -> Words:
    path = report.path.partition("?")[0]
    return Words(
        "stop",
        f"No mapping rule matches GET {path}",
        "The gateway answers such calls itself, and counts nothing.",
        (
            Step("Add a mapping rule that matches", places.mapping_rules(product.pk)),
            Step("Or test a path that a rule matches"),
        ),
    )


def _limited(product: Product, report: Report) -> Words:
    return Words(
        "stop",
        f"{report.application or 'The application'} has used up a limit of its plan",
        "The gateway works: it refused the call as it would refuse a developer's.",
        (
            Step("Wait until the limit's period ends"),
            Step("Or raise the limit in the plan", places.application_plans(product.pk)),
        ),
    )


def _no_application(product: Product, _: Report) -> Words:
    return Words(
        "wait",
        "Staging is updated, but there is nobody to call it as",
        f"To test the connection, create an application subscribed to a plan of {product.name}.",
        (
            Step("See the plans", places.application_plans(product.pk)),
            Step("Create an application for an account", places.accounts()),
        ),
    )


def _missing(product: Product, report: Report) -> Words:
    return Words(
        "stop",
        "The gateway found no complete credentials in the call",
        f"{report.application} lacks one that the product wants; an application key, perhaps.",
        (
            Step("See what callers have to show", places.product_settings(product.pk)),
            Step("Give the application a key", places.applications()),
        ),
    )


def _refused(product: Product, report: Report) -> Words:
    if product.backend_version == Product.BackendVersion.OIDC:
        return Words(
            "stop",
            "The gateway refused the access token",
            "It has ended, is another issuer's, or names no live application of this product.",
            (
                Step("See why, among the latest refusals", places.explain(product.pk)),
                Step("See which issuer is trusted", places.product_settings(product.pk)),
                Step("See the applications and their client IDs", places.applications()),
            ),
        )
    return Words(
        "stop",
        f"The gateway refused the credentials of {report.application}",
        "A plan that switches a metric off is answered like this too.",
        (
            Step("See whether the application is live", places.applications()),
            Step("See what its plan allows", places.application_plans(product.pk)),
        ),
    )


def _away(product: Product, _: Report) -> Words:
    by_token = product.backend_version == Product.BackendVersion.OIDC
    whom = "the authority, or the issuer of its tokens" if by_token else "the authority"
    steps = [Step("Test again in a moment")]
    if by_token:
        steps.append(Step("See whether the issuer answers", places.product_settings(product.pk)))
    text = f"It does not reach {whom}. The fault is not your API's."
    return Words("stop", "The gateway cannot check calls right now", text, tuple(steps))


def _backend(product: Product, report: Report) -> Words:
    return Words(
        "stop",
        f"No backend answers below {report.path.partition('?')[0]}",
        "The call was let through and counted, but goes nowhere.",
        (Step("Add a backend for this path", places.product_backends(product.pk)),),
    )


def _unreachable(_: Product, report: Report) -> Words:
    said = report.detail or f"The gateway answered {report.status} {report.reason}."
    return Words(
        "stop",
        NOT_OK,
        said,
        (
            Step("Check the private base URL: scheme, host and port"),
            Step("Check that the API is up, and lets the gateway in"),
        ),
    )


def _tls(_: Product, report: Report) -> Words:
    return Words(
        "stop",
        NOT_OK,
        report.detail,
        (
            Step("Use the host that the certificate is made for, or renew the certificate"),
            Step("If the API does not speak TLS, write http:// in the private base URL"),
        ),
    )


def _simple(tone: str, title: str, text: str, *steps: str) -> Callable[[Product, Report], Words]:
    def words(_: Product, report: Report) -> Words:
        told = text.format(report=report)
        return Words(tone, title.format(report=report), told, tuple(map(Step, steps)))

    return words


_WORDS: dict[Outcome, Callable[[Product, Report], Words]] = {
    Outcome.PASSED: _simple(
        "go", WORKS, "The call was let through, answered by your API and counted."
    ),
    Outcome.NO_PATH: _simple(
        "info", "Staging is updated, and not tested",
        "Without a test request the connection cannot be tested.",
        "Enter the path of a GET request that your API answers",
    ),
    Outcome.NO_APPLICATION: _no_application,
    Outcome.NO_TOKEN: _simple(
        "wait", "Staging is updated, and not tested",
        "With OpenID Connect, a call takes an access token of your identity provider.",
        "Get one from the issuer as one of the product's applications",
        "Paste it below the test request",
    ),
    Outcome.NO_VERSION: _simple(
        "stop", "There is nothing on staging yet",
        "A product without a backend answers no calls.", "Enter the private base URL of your API",
    ),
    Outcome.NOT_SERVED: _simple(
        "stop", "The staging gateway does not serve this version yet",
        "It was asked for eight seconds. Nothing was called, and nothing counted.",
        "Test again in a moment", "If it stays: is the worker running, and the gateway well?",
    ),
    Outcome.NO_GATEWAY: _simple(
        "stop", "The staging gateway cannot be reached", "{report.detail}",
        "Check that the gateway is running", "Check the staging address of the product",
    ),
    Outcome.AUTH_MISSING: _missing,
    Outcome.AUTH_FAILED: _refused,
    Outcome.NO_RULE: _rule,
    Outcome.LIMITED: _limited,
    Outcome.AUTHORITY_AWAY: _away,
    Outcome.NO_BACKEND: _backend,
    Outcome.NO_ADDRESS: _unreachable,
    Outcome.UNREACHABLE: _unreachable,
    Outcome.TLS: _tls,
    Outcome.TIMEOUT: _unreachable,
    Outcome.REDIRECTED: _simple(
        "stop", "Your API answered with a redirect",
        "The test follows none; green is an answer from 200 to 299.",
        "Test a path that is answered without one",
    ),
    Outcome.ANSWERED: _simple(
        "stop", "Your API answered {report.status}",
        "The gateway reached it and counted the call; green is an answer from 200 to 299.",
        "Test a path that your API answers to a GET",
        "See what your API says below, or in its log",
    ),
}  # fmt: skip
