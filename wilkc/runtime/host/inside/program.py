"""Makes the attacks that are asked for. Layer: runtime, inside the sandbox.

Reads one JSON object from its only argument and prints one JSON line for each attack: whether
the control worked, how the attack ended, what is the evidence. Each has a process of its own, so
that a filter may kill it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from wilkc.runtime.host.inside import calls, files, network, processes
from wilkc.runtime.host.inside.telling import HELD_BY, HeldError, told

if TYPE_CHECKING:
    from wilkc.runtime.host.inside.telling import Do

ATTACKS = {**files.ATTACKS, **processes.ATTACKS, **calls.ATTACKS, **network.ATTACKS}
"""Name to control and attack."""


def main() -> None:
    """Make every attack that is asked for, in order."""
    given = json.loads(sys.argv[1])
    for name in given["attacks"]:
        print(json.dumps({"name": name, **_apart(name, given)}), flush=True)


def _apart(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Make one attack in a process of its own."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        code = 1
        try:
            _make(sink, *ATTACKS[name], given)
            code = 0
        finally:
            os._exit(code)
    os.close(sink)
    with os.fdopen(source, encoding="utf-8") as text:
        lines = [json.loads(line) for line in text]
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    result: dict[str, Any] = {"control": "", "ended": "unknown", "evidence": "it said nothing"}
    for line in lines:
        result |= line
    if code == -signal.SIGSYS and result["control"] == "ok":
        result |= {"ended": "held", "evidence": "killed by SIGSYS"}
    elif code != 0:
        result |= {"ended": "unknown", "evidence": f"ended with {code}"}
    return result


def _make(sink: int, control: Do, attack: Do, given: dict[str, Any]) -> None:
    def say(**facts: object) -> None:
        os.write(sink, (json.dumps(facts) + "\n").encode())

    try:
        control(given)
    except (OSError, HeldError) as error:
        say(control=told(error), ended="unknown", evidence="not tried")
        return
    say(control="ok")
    try:
        seen = attack(given)
    except HeldError as error:
        say(ended="held", evidence=str(error))
    except OSError as error:
        say(ended="held" if error.errno in HELD_BY else "unknown", evidence=told(error))
    else:
        say(ended="breached", evidence=str(seen or "it worked"))
