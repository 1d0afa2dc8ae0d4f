"""Every diagnostic code, registered once. Layer: core (leaf).

Ranges: W001-W029 YAML text and documents (`syntax`), W030-W049 path patterns (`paths`),
W050-W069 command patterns (`commands`), W070-W089 host patterns (`hosts`), W090-W099 name
patterns (`names`), W100-W139 typing of documents (`spec`), W140-W169 what documents mean
together (`plan`), W170-W199 the sandbox section (`sandbox`), W200-W239 lint (`lint`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.codes import commands, hosts, lint, names, paths, plan, sandbox, spec, syntax
from wilkc.core.codes.entry import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODES", "Code"]

_ROOMS: Final = (syntax, paths, commands, hosts, names, spec, plan, sandbox, lint)

CODES: Final[Mapping[str, Code]] = {
    code.id: code for room in _ROOMS for code in sorted(room.CODES, key=lambda code: code.id)
}
