"""The data directory: what lies where, which Tollway may use it, and what a running `up` says.

One `up` at a time holds its lock for as long as it lives, however it ends; the state beside it
tells the other commands what runs. Files are private: the directory is 0700, what is secret 0600.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from tollway.cli.refused import RefusedError
from tollway.config import Ports

FORMAT = 1  # of what is kept here; raised when an older Tollway could not read it any more
SOCKET_PATH_MAX = 107  # bytes, the kernel's limit for a unix socket's name
LONGEST_SOCKET = "/gateway/errors.sock"
UNSPEAKABLE = re.compile(r'[\x00-\x1f"$,;\\]')  # in nginx.conf, or in a list of paths there


class Process(Struct, frozen=True):
    name: str
    pid: int


class State(Struct, frozen=True):
    """What a running `up` says. ``ready_seconds`` is None until everything answered.

    ``ailments`` tell of those that are not well at the moment, in words.
    """

    pid: int
    ports: Ports
    processes: tuple[Process, ...] = ()
    ailments: tuple[str, ...] = ()
    ready_seconds: float | None = None


class DataDir(Struct, frozen=True):
    path: Path

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def packages(self) -> Path:
        return self.path / "packages"

    @property
    def database(self) -> Path:
        """The portal's, unless TOLLWAY_DATABASE_URL names another."""
        return self.path / "tollway.sqlite3"

    @property
    def copies(self) -> Path:
        """What was kept before each of the last upgrades."""
        return self.path / "copies"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def sign_of_life(self) -> Path:
        """Touched by the worker after every round."""
        return self.run / "worker"

    @property
    def readers(self) -> Path:
        """What the worker says of its readers."""
        return self.run / "readers.json"

    @property
    def credentials(self) -> Path:
        return self.path / "credentials.json"

    @property
    def ports(self) -> Path:
        """The ports of the last `up`: the next one takes them again, as addresses are kept too."""
        return self.path / "ports.json"

    @property
    def version(self) -> Path:
        return self.path / "VERSION"

    @property
    def _lock(self) -> Path:
        return self.run / "lock"

    @property
    def _state(self) -> Path:
        return self.run / "state.json"

    def check_access(self) -> None:
        """Raise ``RefusedError`` if it is there, and not for us to look into."""
        try:
            list(self.path.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise RefusedError(f"cannot use {self.path} for data: {error.strerror}") from error

    def prepare(self) -> None:
        """Make what `up` needs. Raises ``RefusedError``, for data of a newer Tollway too."""
        if len(bytes(self.path)) + len(LONGEST_SOCKET) > SOCKET_PATH_MAX:
            raise RefusedError(
                f"{self.path} is too long a path for sockets; choose another --data-dir"
            )
        if found := UNSPEAKABLE.search(str(self.path)):
            raise RefusedError(
                f"{self.path} has a {found[0]!r} in it, which NGINX cannot have in a path;"
                " choose another --data-dir"
            )
        try:
            for directory in (self.path, self.run, self.logs, self.valkey):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_version()
            for name in ("secret", "gateway-token", "internal-password"):
                if not (self.path / name).exists():
                    write_private(self.path / name, secrets.token_hex(32) + "\n")
        except OSError as error:
            raise RefusedError(f"cannot use {self.path} for data: {error.strerror}") from error

    def _check_version(self) -> None:
        if not self.version.exists():
            if any(self.path.glob("*.sqlite3")):
                raise RefusedError(
                    f"{self.path} has a database but no {self.version.name}: not ours"
                )
            write_private(self.version, f"{FORMAT}\n")
        self.check_format()

    def check_format(self) -> None:
        """Raise ``RefusedError`` if a newer Tollway has written what is here."""
        if not self.version.exists():
            return
        kept = self.version.read_text().strip()
        if not kept.isdigit() or int(kept) > FORMAT:
            raise RefusedError(
                f"the data in {self.path} are of a newer Tollway (format {kept}; this one knows"
                f" {FORMAT}). Use that version, or another --data-dir"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory. Raises ``RefusedError`` when another `up` does."""
        self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RefusedError(f"another `tollway up` is just using {self.path}") from None
        try:
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
            for leftover in (self._state, self.sign_of_life, self.readers, self.valkey_socket):
                leftover.unlink(missing_ok=True)
            yield
        finally:
            self._state.unlink(missing_ok=True)
            os.close(descriptor)

    def in_use(self) -> bool:
        """Whether an `up` holds the directory at this moment."""
        if not self._lock.exists():
            return False
        descriptor = os.open(self._lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def holder(self) -> int:
        """Return the process that holds the directory, or was the last to do so."""
        return int(self._lock.read_text())

    def clear(self) -> None:
        """Delete what is kept, but for downloaded programs; whoever calls holds the lock."""
        for entry in self.path.iterdir():
            if entry not in {self.packages, self.run}:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def tell(self, state: State) -> None:
        write_private(self._state, msgspec.json.encode(state).decode())

    def state(self) -> State | None:
        """Read what the running `up` says; None when none runs, or it has only just begun."""
        if not self.in_use() or not self._state.exists():
            return None
        return msgspec.json.decode(self._state.read_bytes(), type=State)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.rename(path)
