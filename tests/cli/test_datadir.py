from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tollway.cli.datadir import FORMAT, DataDir, Process, State, write_private
from tollway.cli.refused import RefusedError
from tollway.config import Ports


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_in_it_is_private(data: DataDir) -> None:
    os.umask(os.umask(0o022))
    data.prepare()
    with data.locked():
        data.tell(State(os.getpid(), Ports()))
        found = {path: mode(path) for path in (data.path, *data.path.rglob("*"))}
    names = {"secret", "gateway-token", "internal-password", "state.json", "run", "logs"}
    assert {path.name for path in found} >= names
    assert all(m == (0o700 if path.is_dir() else 0o600) for path, m in found.items())


def test_secrets_are_made_once(data: DataDir) -> None:
    data.prepare()
    secret = (data.path / "secret").read_text()
    assert len(bytes.fromhex(secret.strip())) == 32
    data.prepare()
    assert (data.path / "secret").read_text() == secret


def test_data_of_a_newer_tollway_are_refused_and_left_alone(data: DataDir) -> None:
    data.prepare()
    data.version.write_text(f"{FORMAT + 1}\n")
    with pytest.raises(RefusedError, match=f"of a newer Tollway \\(format {FORMAT + 1}"):
        data.prepare()
    assert data.version.read_text() == f"{FORMAT + 1}\n"


def test_a_database_of_somebody_else_is_refused(data: DataDir) -> None:
    data.path.mkdir()
    (data.path / "other.sqlite3").touch()
    with pytest.raises(RefusedError, match="not ours"):
        data.prepare()


def test_a_path_that_no_socket_fits_into_is_refused(tmp_path: Path) -> None:
    deep = DataDir(tmp_path / ("d" * 100))
    with pytest.raises(RefusedError, match="too long a path for sockets"):
        deep.prepare()
    assert not deep.path.exists()


@pytest.mark.parametrize("name", ["a;b", "a$b", 'a"b', "a,b", "a\nb", "a\\b"])
def test_a_path_that_nginx_could_not_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="which NGINX cannot have in a path"):
        DataDir(tmp_path / name).prepare()


def test_a_place_that_cannot_be_looked_into_is_refused(tmp_path: Path) -> None:
    DataDir(tmp_path / "nothing").check_access()
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(RefusedError, match="Not a directory"):
            DataDir(path).check_access()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match=r"cannot use .*file/data for data"):
        DataDir(tmp_path / "file" / "data").prepare()


def test_it_has_one_holder_at_a_time_who_can_be_asked(data: DataDir) -> None:
    assert not data.in_use()
    data.prepare()
    with data.locked():
        assert data.in_use()
        assert data.holder() == os.getpid()
        assert data.state() is None
        told = State(os.getpid(), Ports.from_base(9000), (Process("valkey", 7),), ready_seconds=1.5)
        data.tell(told)
        assert data.state() == told
        with pytest.raises(RefusedError, match="another `tollway up`"), data.locked():
            pass
        assert data.state() == told
    assert not data.in_use()
    assert data.state() is None


def test_clearing_it_keeps_downloaded_programs(data: DataDir) -> None:
    data.prepare()
    data.packages.mkdir()
    data.credentials.touch()
    with data.locked():
        data.clear()
    assert {path.name for path in data.path.iterdir()} == {"packages", "run"}


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert mode(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]
