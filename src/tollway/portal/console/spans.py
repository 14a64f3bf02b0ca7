"""Spans of days, UTC, as filters of lists take them: both days are within."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django import forms


def day_field(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"])


def start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC)


def end_of(day: date | None) -> datetime | None:
    """Return when the next day begins; the last day that there is has no next."""
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time.min, UTC)
