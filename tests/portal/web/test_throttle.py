"""Sign-in is slowed down for who guesses, and for nobody else."""

from __future__ import annotations

import pytest

from portal.people import Provider
from tollway.portal.web import throttle
from tollway.portal.web.models import SignInTry
from tollway.portal.web.throttle import TRIES_PER_ADDRESS, TRIES_PER_NAME, WINDOW

pytestmark = pytest.mark.django_db

NOW = 1_800_000_000
WINDOW_S = int(WINDOW.total_seconds())


def tries(provider: Provider, name: str, address: str, count: int, at: int = NOW) -> list[int]:
    """Try ``count`` times, a second apart; return how long each had to wait."""
    return [throttle.begin(provider.tenant, name, address, at=at + i).wait_s for i in range(count)]


def test_five_tries_are_free_and_the_sixth_waits_for_the_first_to_age(acme: Provider) -> None:
    waits = tries(acme, "admin", "192.0.2.1", TRIES_PER_NAME + 1)
    assert waits == [0] * TRIES_PER_NAME + [WINDOW_S - TRIES_PER_NAME]
    assert tries(acme, "admin", "192.0.2.1", 1, at=NOW + WINDOW_S) == [0]


def test_waiting_does_not_make_it_longer(acme: Provider) -> None:
    tries(acme, "admin", "192.0.2.1", TRIES_PER_NAME)
    for later in (100, 200, 300):
        assert tries(acme, "admin", "192.0.2.1", 1, at=NOW + later) == [WINDOW_S - later]


def test_a_guesser_elsewhere_does_not_lock_the_owner_out(acme: Provider) -> None:
    assert tries(acme, "admin", "192.0.2.1", 20)[-1] > 0
    assert tries(acme, "admin", "198.51.100.7", 1) == [0]


def test_another_tenants_sign_in_is_not_slowed_down(acme: Provider, globex: Provider) -> None:
    assert tries(acme, "admin", "192.0.2.1", 20)[-1] > 0
    assert tries(globex, "admin", "192.0.2.1", 1) == [0]


def test_the_case_of_a_name_is_no_way_around(acme: Provider) -> None:
    tries(acme, "admin", "192.0.2.1", TRIES_PER_NAME)
    assert tries(acme, " ADMIN ", "192.0.2.1", 1)[0] > 0


def test_many_names_from_one_address_run_out_too(acme: Provider) -> None:
    for number in range(TRIES_PER_ADDRESS):
        assert tries(acme, f"name{number}", "192.0.2.1", 1) == [0]
    assert tries(acme, "yet another", "192.0.2.1", 1)[0] > 0


def test_who_got_in_starts_afresh(acme: Provider) -> None:
    for _ in range(3):
        tries(acme, "admin", "192.0.2.1", TRIES_PER_NAME - 1)
        throttle.succeed(throttle.begin(acme.tenant, "admin", "192.0.2.1", at=NOW))
    assert not SignInTry.objects.exists()


def test_old_tries_are_forgotten_and_names_are_not_kept(acme: Provider) -> None:
    tries(acme, "my password by mistake", "192.0.2.1", 3)
    assert "password" not in str(list(SignInTry.objects.values_list("who", flat=True)))
    tries(acme, "admin", "192.0.2.1", 1, at=NOW + 2 * WINDOW_S)
    assert SignInTry.objects.count() == 1
