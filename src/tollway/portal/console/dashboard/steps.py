"""The way to go live, as the dashboard shows it: four parts with their ticks, and three paths.

Parts and paths are data. A tick is a milestone of ``golive``; where it leads, ``places`` knows.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tollway.portal.console import places
from tollway.portal.golive.models import Milestone

_API = "The Account Management API does it already; its page comes later."


class Step(Struct, frozen=True):
    """``place`` returns an address for the id of a product; ``until`` is said while it has none."""

    milestone: Milestone
    title: str
    how: str
    place: Callable[[int], str]
    until: str = _API


class Part(Struct, frozen=True):
    title: str
    steps: tuple[Step, ...]
    place: Callable[[int], str]


class Path(Struct, frozen=True):
    name: str
    title: str
    time: str
    about: str
    icon: str
    steps: tuple[Step, ...]


class Tick(Struct, frozen=True):
    """``hint`` is what there is to say of a step: how it was done, or why it leads nowhere yet."""

    title: str
    how: str
    done: bool
    url: str
    hint: str = ""


class PartShown(Struct, frozen=True):
    title: str
    ticks: tuple[Tick, ...]
    url: str
    done: bool
    now: bool  # the first that is not done

    @property
    def hint(self) -> str:
        """What there is to say of its steps, once."""
        return next((tick.hint for tick in self.ticks if tick.hint), "")


class PathShown(Struct, frozen=True):
    path: Path
    ticks: tuple[Tick, ...]

    @property
    def done(self) -> int:
        return sum(tick.done for tick in self.ticks)


def _of(place: Callable[[], str]) -> Callable[[int], str]:
    return lambda _product: place()


# The first three say what 3scale's list says.
API_TESTED = Step(
    Milestone.API_TESTED,
    "Add your API endpoint and hit save & test",
    "Give the private base URL of your API and a path that answers GET, then Update & test. The "
    "Echo API that comes with the sample product is good for a first try.",
    places.integration,
    "The page with the button comes later.",
)
TEST_RECORDED = Step(
    Milestone.TEST_RECORDED,
    "Verify the test call was recorded",
    "A call that passes the gateway is counted, and the chart moves within two seconds.",
    _of(places.dashboard),
)
DEPLOYED = Step(
    Milestone.DEPLOYED,
    "Deploy your API Gateway to production on APIcast",
    "Promote the version that works on staging. Production serves it within a second.",
    places.integration,
)
LIMIT_SET = Step(
    Milestone.LIMIT_SET,
    "Limit a plan",
    "Three hits per hour on the plan Basic are enough to see how a limit works.",
    places.application_plans,
)
LIMIT_SEEN = Step(
    Milestone.LIMIT_SEEN,
    "See the limit in action",
    "Call more often than the plan allows. The gateway answers 429 until the hour (UTC) ends.",
    places.integration,
    "Call with the dashboard's curl line until the answer is 429.",
)
DEVELOPER_JOINED = Step(
    Milestone.DEVELOPER_JOINED,
    "Sign up a test developer",
    "An account beside the sample's, with a user, an application and a key of its own.",
    _of(places.accounts),
)
ACCOUNT_APPROVED = Step(
    Milestone.ACCOUNT_APPROVED,
    "Approve an account",
    "With account approval required, who signs up waits until you approve.",
    _of(places.accounts),
)
PORTAL_OPENED = Step(
    Milestone.PORTAL_OPENED,
    "Remove the portal's access code",
    "Until then visitors of the developer portal are asked for the code.",
    _of(places.portal_access),
)
OWN_API = Step(
    Milestone.OWN_API,
    "Put your own API behind a product",
    "A backend with the private base URL of an API that is not the Echo API.",
    places.product_backends,
)
METRIC_ADDED = Step(
    Milestone.METRIC_ADDED,
    "Add methods or metrics",
    "What of your API is worth counting by itself. Five to twenty are usual.",
    places.metrics,
)
RULE_ADDED = Step(
    Milestone.RULE_ADDED,
    "Map calls to them",
    "Mapping rules say which calls count which method or metric.",
    places.mapping_rules,
)
PART_LIMITED = Step(
    Milestone.PART_LIMITED,
    "Limit a method or metric in a plan",
    "A limit of its own beside the one of all hits.",
    places.application_plans,
)
PART_SWITCHED_OFF = Step(
    Milestone.PART_SWITCHED_OFF,
    "Switch one off in a plan",
    "A limit of 0: calls of that plan are refused with 403.",
    places.application_plans,
)
ALERTS_CHOSEN = Step(
    Milestone.ALERTS_CHOSEN,
    "Choose when to be told of usage",
    "Tick the levels of a limit, in percent, at which you or the developer are told.",
    places.alert_rules,
)
SELF_MANAGED = Step(
    Milestone.SELF_MANAGED,
    "Run a gateway of your own",
    "A product with the deployment option for your own servers.",
    places.product_settings,
)
OPENID_CONNECT = Step(
    Milestone.OPENID_CONNECT,
    "Let an identity provider sign callers in",
    "A product that authenticates by OpenID Connect.",
    places.product_settings,
)
SEVERAL_BACKENDS = Step(
    Milestone.SEVERAL_BACKENDS,
    "Join several backends in one product",
    "Each answers below a path of its own.",
    places.product_backends,
)
PRICED = Step(
    Milestone.PRICED,
    "Set a price",
    "A fee of a plan, or a price for units of a metric.",
    places.application_plans,
)

PARTS = (
    Part("Secure your API", (API_TESTED, TEST_RECORDED), places.integration),
    Part("Set access by plan", (LIMIT_SET, LIMIT_SEEN), places.application_plans),
    Part(
        "Open the developer portal", (DEVELOPER_JOINED, ACCOUNT_APPROVED), _of(places.sign_up_rules)
    ),
    Part("Go live", (DEPLOYED, PORTAL_OPENED), places.integration),
)

PATHS = (
    Path(
        "prototype", "Prototype", "under an hour", "Echo API, one limit, one sign-up", "flask",
        (API_TESTED, TEST_RECORDED, LIMIT_SET, LIMIT_SEEN, DEVELOPER_JOINED, ACCOUNT_APPROVED,
         DEPLOYED, PORTAL_OPENED),
    ),
    Path(
        "basic", "Basic", "under a week", "Your API, methods, alerts", "road",
        (OWN_API, METRIC_ADDED, RULE_ADDED, PART_LIMITED, PART_SWITCHED_OFF, ALERTS_CHOSEN),
    ),
    Path(
        "advanced", "Advanced", "several weeks", "Own gateways, identity, prices", "map-2",
        (SEVERAL_BACKENDS, OPENID_CONNECT, SELF_MANAGED, PRICED),
    ),
)  # fmt: skip


def parts(reached: frozenset[Milestone], product: int | None) -> tuple[PartShown, ...]:
    """Return the four parts; ``product`` is the one that steps about a product lead to."""
    found: list[PartShown] = []
    for part in PARTS:
        ticks = _ticks(part.steps, reached, product)
        done = all(tick.done for tick in ticks)
        now = not done and not any(each.now for each in found)
        found.append(PartShown(part.title, ticks, _address(part.place, product), done, now))
    return tuple(found)


def paths(reached: frozenset[Milestone], product: int | None) -> tuple[PathShown, ...]:
    return tuple(PathShown(path, _ticks(path.steps, reached, product)) for path in PATHS)


def _ticks(
    steps: tuple[Step, ...], reached: frozenset[Milestone], product: int | None
) -> tuple[Tick, ...]:
    return tuple(_tick(step, reached, product) for step in steps)


def _tick(step: Step, reached: frozenset[Milestone], product: int | None) -> Tick:
    done, url = step.milestone in reached, _address(step.place, product)
    hint = "" if url else step.until
    if done:
        echo = step.milestone is Milestone.API_TESTED and Milestone.OWN_API not in reached
        hint = (
            "With the Echo API. Your own API is the first step of the basic path." if echo else ""
        )
    return Tick(step.title, step.how, done, url, hint)


def _address(place: Callable[[int], str], product: int | None) -> str:
    return "" if product is None else place(product)
