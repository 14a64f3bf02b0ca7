"""Run the gateway's pure Lua files in LuaJIT, as NGINX does; they may not make globals."""

from __future__ import annotations

from importlib import import_module, resources
from typing import Any

LUA = resources.files("tollway.gateway") / "lua"


class Lua:
    """Text is bytes in Lua, so names and values go through latin-1 unharmed."""

    def __init__(self) -> None:
        runtime = import_module("lupa.luajit21").LuaRuntime
        self.runtime = runtime(unpack_returned_tuples=True, encoding="latin-1")
        self.runtime.globals().package.path = f"{LUA}/?.lua"
        self.runtime.execute("setmetatable(_G, {__newindex = function(_, k) error(k) end})")

    def module(self, name: str) -> Any:
        return self.runtime.globals().require(f"tollway.{name}")

    def table(self, value: object) -> Any:
        """Return ``value`` as NGINX's JSON decoder would give it to Lua."""
        return self.runtime.table_from(value, recursive=True)


def first(result: Any) -> Any:
    """Return the first of several returned values."""
    return result[0] if isinstance(result, tuple) else result
