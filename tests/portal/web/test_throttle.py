"""Forms are slowed down for who guesses, and for nobody else."""

from __future__ import annotations

import pytest

from portal.people import Provider
from tollway.portal.web import throttle
from tollway.portal.web.models import FormTry
from tollway.portal.web.throttle import LETTER, PASSWORD, SIGN_IN, SIGN_UP, Rule

pytestmark = pytest.mark.django_db

NOW = 1_800_000_000
WINDOW_S = int(SIGN_IN.window.total_seconds())


def tries(provider: Provider, name: str, address: str, count: int, at: int = NOW) -> list[int]:
    """Try ``count`` times, a second apart; return how long each had to wait."""
    return [throttle.begin(provider.tenant, name, address, at=at + i).wait_s for i in range(count)]


def test_five_tries_are_free_and_the_sixth_waits_for_the_first_to_age(acme: Provider) -> None:
    waits = tries(acme, "admin", "192.0.2.1", SIGN_IN.per_name + 1)
    assert waits == [0] * SIGN_IN.per_name + [WINDOW_S - SIGN_IN.per_name]
    assert tries(acme, "admin", "192.0.2.1", 1, at=NOW + WINDOW_S) == [0]


def test_waiting_does_not_make_it_longer(acme: Provider) -> None:
    tries(acme, "admin", "192.0.2.1", SIGN_IN.per_name)
    for later in (100, 200, 300):
        assert tries(acme, "admin", "192.0.2.1", 1, at=NOW + later) == [WINDOW_S - later]


def test_a_guesser_elsewhere_does_not_lock_the_owner_out(acme: Provider) -> None:
    assert tries(acme, "admin", "192.0.2.1", 20)[-1] > 0
    assert tries(acme, "admin", "198.51.100.7", 1) == [0]


def test_another_tenants_sign_in_is_not_slowed_down(acme: Provider, globex: Provider) -> None:
    assert tries(acme, "admin", "192.0.2.1", 20)[-1] > 0
    assert tries(globex, "admin", "192.0.2.1", 1) == [0]


def test_the_case_of_a_name_is_no_way_around(acme: Provider) -> None:
    tries(acme, "admin", "192.0.2.1", SIGN_IN.per_name)
    assert tries(acme, " ADMIN ", "192.0.2.1", 1)[0] > 0


def test_many_names_from_one_address_run_out_too(acme: Provider) -> None:
    for number in range(SIGN_IN.per_address):
        assert tries(acme, f"name{number}", "192.0.2.1", 1) == [0]
    assert tries(acme, "yet another", "192.0.2.1", 1)[0] > 0


def test_who_got_in_starts_afresh(acme: Provider) -> None:
    for _ in range(3):
        tries(acme, "admin", "192.0.2.1", SIGN_IN.per_name - 1)
        throttle.succeed(throttle.begin(acme.tenant, "admin", "192.0.2.1", at=NOW))
    assert not FormTry.objects.exists()


def test_old_tries_are_forgotten_and_names_are_not_kept(acme: Provider) -> None:
    tries(acme, "my password by mistake", "192.0.2.1", 3)
    assert "password" not in str(list(FormTry.objects.values_list("who", flat=True)))
    tries(acme, "admin", "192.0.2.1", 1, at=NOW + 2 * WINDOW_S)
    assert FormTry.objects.count() == 1


@pytest.mark.parametrize("rule", [SIGN_UP, LETTER, PASSWORD], ids=lambda rule: rule.form)
def test_each_form_has_tries_of_its_own(acme: Provider, rule: Rule) -> None:
    def again() -> throttle.Attempt:
        return throttle.begin(acme.tenant, "admin", "192.0.2.1", at=NOW, rule=rule)

    assert tries(acme, "admin", "192.0.2.1", SIGN_IN.per_name + 1)[-1] > 0
    assert [again().wait_s for _ in range(rule.per_name)] == [0] * rule.per_name
    assert again().wait_s == int(rule.window.total_seconds())
    later = NOW + int(rule.window.total_seconds())
    assert not throttle.begin(acme.tenant, "admin", "192.0.2.1", at=later, rule=rule).refusal


WORDS = [(0, ""), (1, "1 minute,"), (60, "1 minute,"), (61, "2 minutes,"), (900, "15 minutes,")]


@pytest.mark.parametrize(("wait_s", "words"), WORDS)
def test_it_is_said_how_long_to_wait(acme: Provider, wait_s: int, words: str) -> None:
    refusal = throttle.Attempt(acme.tenant, SIGN_IN, "who", "192.0.2.1", wait_s).refusal
    assert words in refusal
    assert bool(refusal) is bool(wait_s)
