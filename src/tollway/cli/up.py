"""`tollway up`: everything on this machine, from an empty directory to an answered call."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tollway import clock, config
from tollway.cli import health, kept, packages, ports, processes, report
from tollway.cli.datadir import DataDir, Process, State, write_private
from tollway.cli.detach import Voice
from tollway.cli.kept import Standing
from tollway.cli.refused import RefusedError
from tollway.cli.supervisor import StartError, StopAskedError, Supervisor

FIRST_CALL_S, FIRST_CALL_KEPT_S = 30.0, 5.0
ASK_AGAIN_S = 0.05


class Up:
    """One run of `up`, on a data directory that it holds. ``began_s`` is on the boot's clock."""

    def __init__(
        self, data: DataDir, environ: Mapping[str, str], *, began_s: float, voice: Voice
    ) -> None:
        self._data = data
        self._environ = environ
        self._began_s = began_s
        self._voice = voice
        self._kept = data.credentials.exists()
        self._settings = config.load(environ)
        self._state = State(os.getpid(), self._settings.ports)

    def run(self) -> int:
        """Return the exit status, when all has been stopped again. Raises ``RefusedError``."""
        settings = self._settings
        setup_alone = self._has_to_set_up_alone()
        self._check_store()
        ports.check_free(settings.ports, settings.bind)
        write_private(self._data.ports, msgspec.json.encode(settings.ports).decode())
        nginx = packages.nginx(self._environ, self._data.packages, self._voice.say)
        supervisor = Supervisor(
            processes.plan(self._data, settings, self._environ, nginx, setup_alone=setup_alone),
            self._data.logs,
            report=self._voice.say,
            changed=self._changed,
        )
        try:
            self._voice.say("Starting")
            supervisor.start()
            self._first_call(supervisor)
            self._voice.ready(report.table(self._status(), self._state, self._data))
            supervisor.keep()
        except StopAskedError:
            self._voice.say("Stopping")
            return 0
        except StartError as error:
            self._voice.say(f"tollway: {error}")
            return 1
        finally:
            supervisor.stop()

    def _has_to_set_up_alone(self) -> bool:
        """Whether there are data to migrate, or a database of which only `setup` can tell.

        Raises ``RefusedError`` for data of a newer Tollway.
        """
        if self._settings.database_url:
            return True
        applied = kept.applied(self._data.database)
        standing = kept.standing(applied, kept.known(), str(self._data.path))
        if standing is Standing.OLDER:
            self._voice.say(
                f"Upgrading the data in {self._data.path}; a copy stays in {self._data.copies}"
            )
        return standing is Standing.OLDER

    def _check_store(self) -> None:
        url = self._environ.get("TOLLWAY_VALKEY_URL")
        if url and (ailment := health.store(url)):
            raise RefusedError(f"TOLLWAY_VALKEY_URL: {ailment}")

    def _first_call(self, supervisor: Supervisor) -> None:
        """Call the sample API until it answers 200: only then has everything come together.

        Kept data may have lost the sample product, or limit it: then the rest is up all the same.
        """
        url = report.sample(self._data).call
        end = time.monotonic() + (FIRST_CALL_KEPT_S if self._kept else FIRST_CALL_S)
        while ailment := health.answers(url, 200) if url else "":
            if time.monotonic() > end:
                if not self._kept:
                    raise StartError(f"the sample call fails: {ailment}. See {self._data.logs}")
                self._voice.say(f"The sample product is not what it was: {ailment}")
                break
            supervisor.pause(ASK_AGAIN_S)
        ready_s = round(clock.since_boot_s() - self._began_s, 2)
        self._tell(replace(self._state, ready_seconds=ready_s))

    def _changed(self, living: tuple[Process, ...], ailments: tuple[str, ...]) -> None:
        everyone = (Process("tollway", os.getpid()), *living)
        self._tell(replace(self._state, processes=everyone, ailments=ailments))

    def _tell(self, state: State) -> None:
        self._state = state
        self._data.tell(state)

    def _status(self) -> dict[str, Any]:
        return report.status(self._data, self._state, self._settings)
