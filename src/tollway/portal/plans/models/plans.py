"""Plans of accounts, of products and of applications, and what a contract on one costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from msgspec import Struct

from tollway.portal.catalog.models import Product
from tollway.portal.fields import BLANK, Pattern, taken
from tollway.portal.plans.patches import overlaid
from tollway.portal.tenants.models import TenantOwned

SYSTEM_NAME = Pattern(r"[A-Za-z0-9_-]+")
PRICE_DECIMALS = 4
DAYS_MAX = 36_500  # a century: every day that is counted to is in the calendar


class Terms(Struct, frozen=True):
    """What a contract costs and how it begins and ends: of a custom plan, its parent's counted in.

    Fees are in the tenant's currency, periods in days.
    """

    name: str
    approval_required: bool
    setup_fee: Decimal
    cost_per_month: Decimal
    trial_period_days: int
    cancellation_period: int

    @property
    def is_free(self) -> bool:
        return not (self.setup_fee or self.cost_per_month)


TERMS = Terms.__struct_fields__


def price(**options: Any) -> models.DecimalField[Any, Any]:  # noqa: ANN401
    return models.DecimalField(
        max_digits=20,
        decimal_places=PRICE_DECIMALS,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        **options,
    )


def _days(**options: Any) -> models.PositiveIntegerField[Any, Any]:  # noqa: ANN401
    return models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(DAYS_MAX)], **options
    )


def _costs(name: str) -> models.CheckConstraint:
    condition = models.Q(setup_fee__gte=0, cost_per_month__gte=0)
    return models.CheckConstraint(condition=condition, name=name)


class Plan(TenantOwned):
    """What all kinds of plans share. Hidden ones cannot be chosen, but stay in force.

    ``kind`` names the kind in events, in the API, and as the scope of features.
    """

    kind: ClassVar[str]

    class State(models.TextChoices):
        HIDDEN = "hidden"
        PUBLISHED = "published"

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[SYSTEM_NAME])
    state = models.CharField(max_length=16, choices=State, default=State.HIDDEN)
    is_default = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.terms.name

    @property
    def terms(self) -> Terms:
        return Terms(**{term: getattr(self, term) for term in TERMS})


class _WithTerms(Plan):
    """A plan that nobody can customise: its columns are its terms."""

    approval_required = models.BooleanField(default=False)
    setup_fee = price()
    cost_per_month = price()
    trial_period_days = _days()
    cancellation_period = _days()

    class Meta:
        abstract = True


class AccountPlan(_WithTerms):
    """Every account is on one; sign-up takes the default."""

    kind = "account_plan"

    class Meta:
        app_label = "plans"
        constraints = [
            taken("tenant", "system_name", name="one_account_plan_per_system_name"),
            taken("tenant", "name", name="one_account_plan_per_name"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_default=True),
                name="one_default_account_plan",
            ),
            _costs("account_plan_costs_nothing_or_more"),
        ]


class ServicePlan(_WithTerms):
    """Comes before an application: an account subscribes to a product on one."""

    kind = "service_plan"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="service_plans")

    class Meta:
        app_label = "plans"
        constraints = [
            taken("product", "system_name", name="one_service_plan_per_system_name"),
            taken("product", "name", name="one_service_plan_per_name"),
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(is_default=True),
                name="one_default_service_plan",
            ),
            _costs("service_plan_costs_nothing_or_more"),
        ]


_STANDARD = models.Q(parent__isnull=True)


class ApplicationPlan(Plan):
    """What applications may use, how much of it, and what that costs.

    With a ``parent`` it is a *custom plan*, one application's own: a patch. Its terms are None and
    its name is empty where they are the parent's, so read ``terms``, not the columns.
    """

    kind = "application_plan"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="application_plans")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.RESTRICT, related_name="custom_plans"
    )
    name = models.CharField(max_length=255, blank=True)
    approval_required = models.BooleanField(default=False, null=True, blank=True)
    setup_fee = price(null=True, blank=True)
    cost_per_month = price(null=True, blank=True)
    trial_period_days = _days(null=True, blank=True)
    cancellation_period = _days(null=True, blank=True)

    class Meta:
        app_label = "plans"
        constraints = [
            taken("product", "system_name", name="one_plan_per_system_name"),
            taken("product", "name", name="one_plan_per_name", condition=_STANDARD),
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(is_default=True),
                name="one_default_application_plan",
            ),
            _costs("plan_costs_nothing_or_more"),
            models.CheckConstraint(
                condition=~_STANDARD | ~models.Q(name=""),
                name="standard_plan_has_a_name",
                violation_error_code="name",
                violation_error_message=BLANK,
            ),
            models.CheckConstraint(
                condition=~_STANDARD
                | models.Q(
                    approval_required__isnull=False,
                    setup_fee__isnull=False,
                    cost_per_month__isnull=False,
                    trial_period_days__isnull=False,
                    cancellation_period__isnull=False,
                ),
                name="standard_plan_has_all_terms",
            ),
            models.CheckConstraint(
                condition=_STANDARD | models.Q(is_default=False, state="hidden"),
                name="custom_plan_is_nobody_elses",
                violation_error_message="A custom plan cannot be chosen",
            ),
        ]

    @property
    def is_custom(self) -> bool:
        return self.parent_id is not None

    @property
    def terms(self) -> Terms:
        own = {term: getattr(self, term) for term in TERMS}
        if self.parent is None:
            return Terms(**own)
        own["name"] = self.name or f"{self.parent.name} (custom)"
        said = {term: value for term, value in own.items() if value is not None}
        return Terms(**overlaid({term: getattr(self.parent, term) for term in TERMS}, said))
