"""The attacks as one text for an interpreter that sees nothing of Wilk. Layer: runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_ROOM: Final = "wilkc.runtime.host.inside"
_PARTS: Final = ("telling", "calls", "files", "processes", "network", "program")
"""Each imports only those before it."""
_LOADER: Final = """
import sys, types
for name, text in {parts!r}:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    setattr(sys.modules[{room!r}], name.rpartition(".")[2], module)
module.main()
"""


def packed() -> str:
    """A program that makes the attacks which its argument names; see `inside.program`."""
    folder = Path(__file__).with_name("inside")
    parts = [(_ROOM, "")]
    parts += [
        (f"{_ROOM}.{part}", (folder / f"{part}.py").read_text(encoding="utf-8")) for part in _PARTS
    ]
    return _LOADER.format(parts=parts, room=_ROOM)
