"""The addresses of metrics and mapping rules, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.counting import importing, metrics, rules, trying
from tollway.portal.console.counting.owners import PREFIXES, pages
from tollway.portal.console.pages import page

_METRIC, _RULE = "metrics/<int:metric_id>", "{rules}/<int:rule_id>"

routes = [
    page(
        f"{PREFIXES['product']}/metrics/import",
        importing.index,
        name="product-metrics-import",
        section=User.Section.PLANS,
    ),
    *pages(
        (
            ("metrics", "metrics", metrics.index),
            ("metrics/new", "metric-new", metrics.new_metric),
            ("metrics/methods/new", "method-new", metrics.new_method),
            ("metrics/suggest", "metric-suggest", metrics.suggest),
            (f"{_METRIC}/edit", "metric-edit", metrics.edit),
            (f"{_METRIC}/delete", "metric-delete", metrics.delete),
            ("{rules}", "rules", rules.index),
            ("{rules}/new", "rule-new", rules.new),
            ("{rules}/move", "rules-move", rules.move),
            ("{rules}/restore", "rule-restore", rules.restore),
            ("{rules}/try", "rules-try", trying.page),
            (f"{_RULE}/edit", "rule-edit", rules.edit),
            (f"{_RULE}/delete", "rule-delete", rules.delete),
        )
    ),
]
