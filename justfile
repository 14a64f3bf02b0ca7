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

# Of what drives a whole platform, that which stops, kills and upgrades it, and what is published, recorded and
# walked through. The rest asks SQL nothing on PostgreSQL that `tests/portal` does not ask there.
on_both := "configuration dashboard kills lifecycle numbers tenants upgrade walk"

# What touches SQL once more, on PostgreSQL: a server of its own, for as long as it takes.
test-postgresql *args:
    python tests/postgresql.py python -m pytest -n 2 tests/portal {{ prepend("tests/acceptance/test_", append(".py", on_both)) }} {{args}}

# The long form of what has one, for some minutes: deaths under load, 100,000 calls, and nonsense.
soak *args:
    python -m pytest --soak -s tests/authority/test_outage.py tests/acceptance/test_kills.py tests/acceptance/test_numbers.py tests/acceptance/test_dashboard.py tests/authority/test_fuzzing.py {{args}}

fix:
    ruff check --fix .
    ruff format .

# Resolve requirements/*.in again, with hashes and without addresses.
lock:
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/run.in -o requirements/run.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --emit-build-options --no-emit-index-url requirements/dev.in -o requirements/dev.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/node.in -o requirements/node.txt
    npm install --package-lock-only

# Prove the README on a bare Debian: debootstrap, `./tollway up`, the printed curl, `./tollway down`;
# as root, and as an ordinary user.
bare:
    deploy/bare.sh
