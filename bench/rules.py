"""Matching costs the length of the path, not the number of rules. Run: python bench/rules.py.

Prints microseconds per match for 10, 100 and 1000 rules, in LuaJIT (as NGINX's workers match), in
Python, and by trying one regular expression after the other; then what hostile paths cost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib import import_module, resources
from typing import Any

import msgspec

from tollway.core.rules import WILD, Rule, compile_rules, match

SIZES = (10, 100, 1000)
LUA = resources.files("tollway.gateway") / "lua"
REPEAT = """
local match, matcher, path, times = ...
for _ = 1, times do match(matcher, "GET", path) end
"""


def rules_of(size: int) -> list[Rule]:
    """Return an API's rules: a third of them plain, a third with one variable, a third with two."""
    kinds = ("/v1/r{}/list", "/v1/r{}/{{id}}", "/v1/r{}/{{id}}/items/{{item}}$")
    return [Rule("GET", kinds[i % 3].format(i // 3), "hits") for i in range(size)]


def paths_of(size: int) -> dict[str, str]:
    return {
        "a rule in the middle": f"/v1/r{size // 6}/12345/items/67",
        "no rule": "/v2/nothing/like/that",
    }


def microseconds(run: Callable[[int], object], times: int) -> float:
    run(times // 10)
    best = min(_timed(run, times) for _ in range(5))
    return best / times * 1e6


def _timed(run: Callable[[int], object], times: int) -> float:
    start = time.perf_counter()
    run(times)
    return time.perf_counter() - start


def in_lua(rules: list[Rule], path: str) -> Callable[[int], object]:
    lua = import_module("lupa.luajit21").LuaRuntime(unpack_returned_tuples=True)
    lua.globals().package.path = f"{LUA}/?.lua"
    module = lua.globals().require("tollway.rules")
    trie = msgspec.to_builtins(compile_rules(rules))
    matcher = module.load(lua.table_from(trie, recursive=True))
    repeat: Any = lua.eval(f"function(...) {REPEAT} end")
    return lambda times: repeat(module.match, matcher, path, times)


def in_python(rules: list[Rule], path: str) -> Callable[[int], object]:
    trie = compile_rules(rules)
    return lambda times: [match(trie, "GET", path) for _ in range(times)]


def one_by_one(rules: list[Rule], path: str) -> Callable[[int], object]:
    def regex(pattern: str) -> re.Pattern[str]:
        parts = re.split(r"\{\w+\}", pattern.removesuffix("$"))
        anchor = r"\Z" if pattern.endswith("$") else ""
        return re.compile(f"[{WILD}]+".join(map(re.escape, parts)) + anchor)

    regexes = [regex(rule.pattern) for rule in rules]
    return lambda times: [[r for r in regexes if r.match(path)] for _ in range(times)]


HOMES = {"LuaJIT": (in_lua, 20_000), "Python": (in_python, 1_000), "re": (one_by_one, 200)}

HOSTILE = {
    "one rule, 60 variables, 8 kB of what they take": (["/" + "{x}a" * 60 + "b"], "/" + "a" * 8000),
    "40 rules of 60 variables, 8 kB of all they wait for": (
        ["/" + f"{{x}}{chr(65 + i)}" * 60 + "!" for i in range(40)],
        "/" + "".join(chr(65 + i % 26) for i in range(8000)),
    ),
}


def main() -> None:
    print(f"{'us per match':40}" + "".join(f"{n:>9}" for n in SIZES) + "    1000 : 10")
    for home, (build, times) in HOMES.items():
        for name in paths_of(1):
            cost = [
                microseconds(build(rules_of(size), paths_of(size)[name]), times) for size in SIZES
            ]
            figures = "".join(f"{c:9.2f}" for c in cost)
            print(f"{home + ', ' + name:40}{figures}{cost[-1] / cost[0]:12.2f}")
    for name, (patterns, path) in HOSTILE.items():
        run = in_lua([Rule("GET", pattern, "hits") for pattern in patterns], path)
        print(f"LuaJIT, hostile: {name}: {microseconds(run, 10) / 1000:.1f} ms")


if __name__ == "__main__":
    main()
