"""An exact number of calls by wrk (Debian's), which otherwise knows only for how long to call."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from urllib.parse import urlsplit

CONNECTIONS = 32
SCRIPT = """
local left, awaited

function init(args)
  left, awaited = tonumber(args[1]), tonumber(args[1])
end

function delay() -- asked before each call: when none are left, the connection rests
  left = left - 1
  return left < 0 and 1e8 or 0
end

function response()
  awaited = awaited - 1
  if awaited == 0 then
    print("all")
    io.flush()
  end
end

function done(summary)
  local errors = summary.errors
  print("answered", summary.requests)
  print("refused", errors.status)
  print("broken", errors.connect + errors.read + errors.write + errors.timeout)
end
"""


def press(url: str, calls: int) -> dict[str, int]:
    """GET ``url`` so often over 32 connections; return how often it was answered, refused, broken.

    "answered" counts refusals (statuses above 399) too.
    """
    parts = urlsplit(url)
    here = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d1h", "-s", script.name]
        command += ["-H", f"Host: {parts.netloc}", here, "--", str(calls)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
            assert wrk.stdout
            said = []
            try:
                for line in wrk.stdout:
                    said.append(line.split())
                    if said[-1] == ["all"]:
                        wrk.send_signal(signal.SIGINT)
            finally:
                wrk.kill()
    counts = {words[0]: words[1] for words in said[-3:]}
    return {name: int(count) for name, count in counts.items()}
