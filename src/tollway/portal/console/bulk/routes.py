"""The addresses of bulk runs."""

from __future__ import annotations

from tollway.portal.bulk.services import SECTION
from tollway.portal.console.bulk import asking, watching
from tollway.portal.console.pages import page

_ALL = "p/admin/bulk"
_ONE = f"{_ALL}/<int:run_id>"

routes = [
    page(_ALL, watching.index, name="bulk-runs", section=SECTION),
    page(f"{_ALL}/new/<slug:kind>", asking.ask, name="bulk-ask", section=SECTION),
    page(_ONE, watching.run, name="bulk-run", section=SECTION),
    page(f"{_ONE}/progress", watching.progress, name="bulk-progress", section=SECTION),
    page(f"{_ONE}/back", watching.back, name="bulk-back", section=SECTION),
    page(f"{_ONE}/cancel", watching.cancel, name="bulk-cancel", section=SECTION),
]
