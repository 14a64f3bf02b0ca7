"""Telling people from programs at a form that makes something, without asking anybody to prove it.

The form carries a field that nobody sees, and when it was shown, signed. A program that fills in
every field, or sends the form at once, is refused; a person who is taken for one sends it again.
What gets through all the same is slowed down by ``web/throttle.py``.
"""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest

from tollway import clock

TRAP, BEGAN = "website", "began"
LEAST_S, MOST_S = 2, 24 * 3600
FILLED = "A field that nobody sees was filled in. Nothing was made. Send it once more."
FAST = "That was faster than people type. Nothing was made. Send it once more."
OLD = "This form has been open for too long. Nothing was made. Send it once more."
_SALT = "tollway.entry.began"


def began(request: HttpRequest) -> str:
    """Return what the form carries: that it is shown now, or when it was at first."""
    sent = request.POST.get(BEGAN, "")
    return sent if _age_s(sent) is not None else stamp(clock.now())


def stamp(at: int) -> str:
    return signing.Signer(salt=_SALT).sign(str(at))


def refusal(request: HttpRequest) -> str:
    """Return why a form is not taken, "" if a person seems to have sent it."""
    age_s = _age_s(request.POST.get(BEGAN, ""))
    if request.POST.get(TRAP):
        return FILLED
    if age_s is None:
        return OLD
    return FAST if age_s < LEAST_S else ""


def _age_s(sent: str) -> int | None:
    try:
        age_s = clock.now() - int(signing.Signer(salt=_SALT).unsign(sent))
    except signing.BadSignature:
        return None
    return age_s if 0 <= age_s < MOST_S else None
