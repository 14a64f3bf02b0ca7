"""A new application: of which product, on which plan, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import may_have_another
from tollway.portal.applications.services import create_application
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import products_of
from tollway.portal.developer.agreeing import Agreement, without_terms
from tollway.portal.developer.contracts import subscribable
from tollway.portal.developer.editing import is_too_often
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.offers import Column, monthly, offered_plans_of, offers_of
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.plans.models import ApplicationPlan, ServicePlan
from tollway.portal.plans.selectors import (
    application_plans_of,
    default_service_plans_of,
    subscriptions_of,
)
from tollway.portal.storefront.models import Terms
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm, chosen_id
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import defined_fields, for_developers, with_extra_fields
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_CLOSED = (
    Product.State.HIDDEN,
    Product.State.OFFLINE,
    Product.State.DEPRECATED,
    Product.State.DELETED,
)
NAME_NEEDED = "Enter a name: you know the application by it."
DESCRIPTION_NEEDED = "Say what the application is for."


class ApplicationForm(PageForm):
    """Name, description, and what the organisation has defined for applications."""

    name = forms.CharField(
        label="Name", max_length=255, error_messages={"required": NAME_NEEDED},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=4096,
        error_messages={"required": DESCRIPTION_NEEDED},
        widget=forms.Textarea,
    )

    def __init__(self, product: Product, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["description"].required = product.intentions_required
        definitions = for_developers(product.tenant, Target.APPLICATION)
        self._defined = defined_fields(definitions, without={*self.fields, "plan"})
        self.fields |= self._defined

    def given(self) -> dict[str, Any]:
        """Return the values as the services take them."""
        values = without_terms(self.cleaned_data)
        return with_extra_fields(Target.APPLICATION, values, self._defined)


class NewForm(ApplicationForm):
    """With a choice of ``plans`` where the product lets developers choose."""

    def __init__(
        self,
        product: Product,
        plans: Sequence[ApplicationPlan],
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(product, *args, **options)
        if len(plans) > 1:
            choices = [(str(plan.pk), plan.terms.name) for plan in plans]
            self.fields["plan"] = forms.ChoiceField(
                label="Plan",
                choices=choices,
                error_messages={"invalid_choice": "This plan is not offered. Choose another."},
            )
            self.order_fields(["plan", "name", "description"])


class Pick(Struct, frozen=True):
    """A product that an application may be made for."""

    id: int
    name: str
    description: str


def products_for(tenant: Tenant, account: Account) -> QuerySet[Product]:
    """Return the products that a developer may make an application for, once there is room.

    The product lets developers do so; there is a plan, the default or one to choose; and the
    account has a live subscription, or gets one at once by the default service plan.
    """
    of_product = {"product": OuterRef("pk")}
    subscriptions = subscriptions_of(tenant, account).filter(**of_product).order_by()
    subscribing = ServicePlan.objects.filter(
        tenant=tenant, is_default=True, approval_required=False, **of_product
    )
    plans = application_plans_of(tenant).filter(**of_product).order_by()
    published = offered_plans_of(tenant).filter(**of_product).order_by()
    subscribed = Exists(subscriptions.filter(state="live"))
    at_once = ~Exists(subscriptions) & Exists(subscribing)
    has_plan = Exists(plans.filter(is_default=True)) | Q(
        Exists(published), buyer_can_select_plan=True
    )
    return products_of(tenant).filter(
        Q(subscribed | at_once) & Q(has_plan), buyers_manage_apps=True
    ).exclude(state__in=_CLOSED)  # fmt: skip


def to_subscribe_first(tenant: Tenant, account: Account) -> QuerySet[Product]:
    """Return the products that an account can have applications of once it has subscribed."""
    waiting = subscribable(tenant, account).filter(buyers_manage_apps=True)
    return waiting.exclude(pk__in=products_for(tenant, account).values("pk"))


def may_make(tenant: Tenant, account: Account) -> bool:
    """Say whether there is room for another application, and a product to make it for."""
    return may_have_another(tenant, account) and products_for(tenant, account).exists()


@once
def new(request: HttpRequest) -> HttpResponse:
    """Let a product be chosen if there are several, then show the form; a POST makes it."""
    tenant, account = site_of(request).tenant, developer_of(request).account
    products, others = products_for(tenant, account), to_subscribe_first(tenant, account)
    if not may_have_another(tenant, account):
        return _no_more(request)
    if not products.exists() or others.filter(pk=_asked(request)).exists():
        return _subscribe_first(request, others)
    product = _product(request, tenant, products)
    if product is None:
        return _choose(request, products, others=others.exists())
    plans = _plans(tenant, product)
    form = NewForm(product, plans, *_bound(request), initial={"plan": request.GET.get("plan")})
    agreement = Agreement(tenant, _kinds(tenant, account, product))
    agreement.join(form)
    made = _make(request, account, plans, form, agreement) if form.is_bound else None
    if made is None:
        return _form(request, product, plans, form)
    waits = made.state == Application.State.PENDING
    said = "It waits for approval; you will be written to." if waits else "Its key works now."
    tell(request, f"{made.name} is there", said)
    return redirect("developer-application", application_id=made.pk)


def _subscribe_first(request: HttpRequest, others: QuerySet[Product]) -> HttpResponse:
    """Lead to the subscription that an application of the product takes."""
    first = others.filter(pk=_asked(request)).first()
    if first is None:
        return _no_more(request, subscribes=others.exists())
    return redirect(f"{reverse('developer-subscribe')}?service_id={first.pk}")


def _no_more(request: HttpRequest, *, subscribes: bool = False) -> HttpResponse:
    context = {"subscribes": subscribes}
    return show(request, "no_more", context, item="developer-applications", status=403)


def _asked(request: HttpRequest) -> int:
    return chosen_id(request.POST.get("product", "") or request.GET.get("product", ""))


def _product(request: HttpRequest, tenant: Tenant, products: QuerySet[Product]) -> Product | None:
    """Return what the address names, by itself or by a plan, or the only one there is."""
    asked = request.POST.get("product", "") or request.GET.get("product", "")
    if asked:
        found = products.filter(pk=chosen_id(asked)).first()
        if found is None:
            raise Http404
        return found
    if plan := request.GET.get("plan", ""):
        offered = offered_plans_of(tenant).filter(pk=chosen_id(plan)).values("product")
        if (found := products.filter(pk__in=offered).first()) is not None:
            return found
    few = list(products[:2])
    return few[0] if len(few) == 1 else None


def _plans(tenant: Tenant, product: Product) -> list[ApplicationPlan]:
    """Return what may be chosen, the default first; only the default where nothing may be."""
    default = application_plans_of(tenant, product).filter(is_default=True).first()
    if not product.buyer_can_select_plan:
        return [default] if default else []
    offered = list(offered_plans_of(tenant).filter(product=product))
    if not offered:
        return [default] if default else []
    return sorted(offered, key=lambda plan: not plan.is_default)


def _kinds(tenant: Tenant, account: Account, product: Product) -> tuple[str, ...]:
    """Return whose terms are to be accepted: the first application of a product subscribes."""
    subscribed = subscriptions_of(tenant, account).filter(product=product).exists()
    first = () if subscribed else (Terms.Kind.SUBSCRIPTION,)
    return (*first, Terms.Kind.APPLICATION)


def _make(
    request: HttpRequest,
    account: Account,
    plans: Sequence[ApplicationPlan],
    form: NewForm,
    agreement: Agreement,
) -> Application | None:
    if not form.is_valid() or is_too_often(request, form):
        return None
    given, by, user = form.given(), actor_of(request), developer_of(request).user
    chosen = given.pop("plan", "")
    plan = next((each for each in plans if str(each.pk) == chosen), plans[0])

    @transaction.atomic
    def act() -> Application:
        made = create_application(account, by=by, plan=plan, **given)
        agreement.settle(user, by=by)
        return made

    return form.attempt(act)


def _choose(request: HttpRequest, products: QuerySet[Product], *, others: bool) -> HttpResponse:
    """Let a product be chosen. ``others``: whether there are more, to subscribe to first."""
    listing = listed(
        request,
        products,
        sorts={"name": "name"},
        default="name",
        search=lambda rows, text: rows.filter(name__icontains=text),
    )
    picks = plain(listing, lambda row: Pick(row.pk, row.name, row.description))
    context = {"picks": picks, "others": others}
    return show(request, "choose_product", context, item="developer-applications")


def _form(
    request: HttpRequest, product: Product, plans: Sequence[ApplicationPlan], form: NewForm
) -> HttpResponse:
    context: Mapping[str, Any] = {
        "product": Pick(product.pk, product.name, product.description),
        "plan": _only(plans),
        "columns": _columns(product) if len(plans) > 1 else (),
        "subscribes": _subscribes_on(request, product),
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
    }
    status = 422 if form.is_bound else 200
    return show(request, "new_application", context, item="developer-applications", status=status)


def _subscribes_on(request: HttpRequest, product: Product) -> str:
    """Return the service plan that comes with it, for those who know of such plans; else ""."""
    tenant, account = product.tenant, developer_of(request).account
    if not tenant.settings.service_plans_ui_visible:
        return ""
    if subscriptions_of(tenant, account).filter(product=product).exists():
        return ""
    plan = default_service_plans_of(tenant).filter(product=product).first()
    if plan is None:
        return ""
    price = monthly(plan.terms, tenant.currency)
    return plan.name if plan.terms.is_free else f"{plan.name}, {price} a month"


def _only(plans: Sequence[ApplicationPlan]) -> str:
    return plans[0].terms.name if len(plans) == 1 else ""


def _columns(product: Product) -> tuple[Column, ...]:
    return offers_of(product.tenant, [product])[0].columns


def _bound(request: HttpRequest) -> tuple[Any, ...]:
    return (request.POST,) if request.method == "POST" else ()
