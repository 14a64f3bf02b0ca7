"""What began before there were account and service plans gets what now comes with each beginning.

Apart from 0002, because PostgreSQL changes no table that rows were just put into.
"""

from typing import Any

from django.db import migrations
from django.db.models import F

NAMED = {"name": "Default", "system_name": "default", "state": "published", "is_default": True}


def put_on_default_plans(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model
    AccountPlan, ServicePlan = model("plans", "AccountPlan"), model("plans", "ServicePlan")
    of_tenants = {
        pk: AccountPlan.objects.create(tenant_id=pk, position=1, **NAMED)
        for pk in model("tenants", "Tenant").objects.values_list("pk", flat=True)
    }
    contracts = model("plans", "AccountContract").objects
    contracts.bulk_create(
        (
            contracts.model(tenant_id=tenant, account_id=pk, plan=of_tenants[tenant])
            for pk, tenant in model("accounts", "Account").objects.values_list("pk", "tenant_id")
        ),
        batch_size=1000,
    )
    of_products = {
        pk: ServicePlan.objects.create(tenant_id=tenant, product_id=pk, position=1, **NAMED)
        for pk, tenant in model("catalog", "Product").objects.values_list("pk", "tenant_id")
    }
    applications = model("applications", "Application").objects.order_by("account_id")
    pairs = applications.values_list("tenant_id", "account_id", "product_id").distinct()
    subscriptions = model("plans", "ServiceSubscription").objects
    subscriptions.bulk_create(
        (
            subscriptions.model(
                tenant_id=tenant, account_id=account, product_id=product, plan=of_products[product]
            )
            for tenant, account, product in pairs
        ),
        batch_size=1000,
    )
    subscriptions.update(accepted_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0001_initial"),
        ("plans", "0002_plans"),
    ]

    operations = [migrations.RunPython(put_on_default_plans, migrations.RunPython.noop)]
