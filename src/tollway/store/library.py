"""The function library that the server runs, put together from the Lua files beside this one."""

from __future__ import annotations

from functools import cache
from importlib import resources

# Functions of another meaning get other names and go into a library of another name, so that a
# process of the release before, which loads its own, takes nothing away from this one.
NAME = "tollway_v1"
MISSING = "Function not found"  # how an error reply says that the library is not loaded


@cache
def code() -> str:
    """Return the text for FUNCTION LOAD."""
    here = resources.files("tollway.store")
    spend = (here / "spend.lua").read_text()
    functions = (here / "functions.lua").read_text()
    changing = (here / "changing.lua").read_text()
    algorithm = f"local algorithm = (function()\n{spend}\nend)()"
    return f"#!lua name={NAME}\n{algorithm}\n{functions}\n{changing}"
