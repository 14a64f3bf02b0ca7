# List what you can do.
default:
    @just --list

# Everything CI runs, in the order it fails fastest.
check: lint types layers test

# Format and lint, Python and Lua.
lint:
    ruff format --check .
    ruff check .
    luacheck --quiet src vectors tests

types:
    mypy

# Who may import whom.
layers:
    lint-imports --no-logo

test *args:
    pytest -n auto {{args}}

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
