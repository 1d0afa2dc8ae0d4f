"""Asking OPA many things at once, without a server. Layer: opa.

Each question is one run of `opa eval` over a bundle's members: loading them costs tens of
milliseconds, so it is asked about thousands of requests at a time.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UnavailableError
from wilkc.opa.process import run_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.core.contract import Json, Request

REGO: Final = ".rego"
MAX_SECONDS: Final = 600.0
"""For one run."""
OTHER_FILE: Final = "other/data.json"
"""The member that holds the data of another version, in the folder of an evaluator of both."""
EXCHANGED: Final = ("agents", "levels", "positions", "profiles", "revision", "specs")
"""What of its data a version has for itself; the rest is the compiler's, and the same in both."""
_ANSWERS: Final = "[a | some r in input; a := data.wilk.decision with input as r]"
_OTHER: Final = "; ".join(f"{name} := data.other.{name}" for name in EXCHANGED)
_WITH_OTHER: Final = " ".join(f"with data.wilk.{name} as {name}" for name in EXCHANGED)
_OF_OTHER: Final = (
    f"[a | {_OTHER}; some r in input; a := data.wilk.decision with input as r {_WITH_OTHER}]"
)
"""A reference in place of a variable would leave what it stands for undefined."""
_INVALID: Final = "[r | some r in input; not regex.is_valid(r)]"


@dataclass(frozen=True, slots=True)
class Evaluator:
    """OPA over the members of one bundle. Safe to use from several threads.

    Attributes:
        opa: the binary.
        folder: where the members lie.
        capabilities: the builtins that the policy may use.
    """

    opa: Path
    folder: Path
    capabilities: Path

    def answers(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        """The decisions on requests, in their order.

        Raises:
            UnavailableError: OPA fails, a builtin in it fails, or an answer is missing.
        """
        return _all_of(self._ask(_ANSWERS, _inputs(requests)), requests)

    def answers_of_both(
        self, requests: Sequence[Request]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The decisions of the version that lies here, and those of the one in `OTHER_FILE`.

        OPA reads the fixed Rego once for both.

        Raises:
            UnavailableError: as with `answers`.
        """
        first, other = self._ask(f"[{_ANSWERS}, {_OF_OTHER}]", _inputs(requests))
        return _all_of(first, requests), _all_of(other, requests)

    def invalid_patterns(self, patterns: Sequence[str]) -> list[str]:
        """Those of the regular expressions that OPA cannot read.

        Raises:
            UnavailableError: OPA fails.
        """
        return [str(pattern) for pattern in self._ask(_INVALID, list(patterns))]

    def _ask(self, query: str, given: Json) -> list[Any]:
        command = [
            str(self.opa), "eval", "--data", str(self.folder), "--stdin-input", "--format", "raw",
            "--strict-builtin-errors", "--capabilities", str(self.capabilities), query,
        ]  # fmt: skip
        printed = run_to_end(command, json.dumps(given).encode(), seconds=MAX_SECONDS)
        found = json.loads(printed)
        if not isinstance(found, list):
            raise UnavailableError("OPA printed no list")
        return found


def _inputs(requests: Sequence[Request]) -> Json:
    return [request.as_input() for request in requests]


def _all_of(answers: list[dict[str, Any]], requests: Sequence[Request]) -> list[dict[str, Any]]:
    if len(answers) != len(requests):
        raise UnavailableError(f"OPA gave {len(answers)} answers to {len(requests)} requests")
    return answers


@contextmanager
def open_evaluator(
    opa: Path, files: Mapping[str, bytes], capabilities: Path
) -> Iterator[Evaluator]:
    """An evaluator of a bundle's members, which lie in a private folder until the end."""
    with tempfile.TemporaryDirectory(prefix="wilk-prove-") as name:
        folder = Path(name)
        for member, data in files.items():
            # Rego says itself where it belongs; a folder for each package takes a disk its time.
            place = folder / (member.replace("/", "--") if member.endswith(REGO) else member)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        yield Evaluator(opa, folder, capabilities)
