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

# What touches SQL once more, on PostgreSQL: a server of its own, for as long as it takes. An ordinary
# user is left out: the database is not what that is about.
test-postgresql *args:
    python tests/postgresql.py python -m pytest -n 2 --ignore tests/acceptance/test_ordinary_user.py tests/portal tests/acceptance {{args}}

# The long form of what has one, for some minutes: deaths under load, and 100,000 calls.
soak *args:
    python -m pytest --soak -s tests/acceptance/test_kills.py tests/acceptance/test_numbers.py tests/acceptance/test_dashboard.py {{args}}

fix:
    ruff check --fix .
    ruff format .

# Resolve requirements/*.in again, with hashes and without addresses.
lock:
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/run.in -o requirements/run.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/dev.in -o requirements/dev.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/node.in -o requirements/node.txt
    npm install --package-lock-only

# Prove the README on a bare Debian: debootstrap, `./tollway up`, the printed curl, `./tollway down`;
# as root, and as an ordinary user.
bare:
    deploy/bare.sh
