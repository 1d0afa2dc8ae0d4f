"""What no rule mounts, whatever it names. Layer: runtime. No I/O.

Masks are cut out of the directories that are mounted, so a rule that names something inside a
hidden place would show it beside every mask. Such a rule leads to no mount.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wilkc.core.sandbox_plan import SECRETS
from wilkc.language.atoms import BLOCK
from wilkc.runtime.sandbox.matching import matcher

if TYPE_CHECKING:
    import re

    from wilkc.runtime.sandbox.names import Roots


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is kept from all rules.

    Attributes:
        roots: what root tags stand for.
        blocked: matches canonical paths of block rules and of what is always hidden.
        fold: whether path rules ignore case.
    """

    roots: Roots
    blocked: re.Pattern[str]
    fold: bool = False

    def why(self, path: str) -> str:
        """What a real path is, where no rule mounts it; empty where one may."""
        try:
            names = self.roots.names(path)
        except ValueError:
            return ""  # what has no name is mounted by no rule anyway
        # What a block rule covers is a matter of the policy, which is asked about it.
        hidden = [name for name in names if self.blocked.fullmatch(name)]
        if any(_always_hidden(fold=self.fold).fullmatch(name) for name in hidden):
            return "is always hidden"
        return ""


@cache
def _always_hidden(*, fold: bool) -> re.Pattern[str]:
    return matcher(SECRETS, BLOCK, fold=fold)
