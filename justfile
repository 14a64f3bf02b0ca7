# List what you can do.
default:
    @just --list

# Everything CI runs, in the order it fails fastest.
check: lint types layers test test-postgresql

# Format and lint: Python, Lua, shell.
lint:
    ruff format --check .
    ruff check .
    luacheck --quiet src vectors tests
    shellcheck tollway deploy/*.sh .ci/run

types:
    mypy

# Who may import whom.
layers:
    lint-imports --no-logo

# The whole suite; arguments are pytest's.
test *args:
    python -m pytest -n 2 {{args}}

# What touches SQL once more, on PostgreSQL: a server of its own, for as long as it takes. The life of
# an installation is left out: it is about the files of the embedded one.
test-postgresql *args:
    python tests/postgresql.py python -m pytest -n 2 --ignore tests/acceptance/test_lifecycle.py tests/portal tests/acceptance {{args}}

fix:
    ruff check --fix .
    ruff format .

# Resolve requirements/*.in again, with hashes and without addresses.
lock:
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/run.in -o requirements/run.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/dev.in -o requirements/dev.txt

# Prove the README on a bare Debian: debootstrap, `./tollway up`, the printed curl, `./tollway down`.
bare:
    deploy/bare.sh
