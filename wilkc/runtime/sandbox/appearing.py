"""Blocked names that nobody has made yet: no mask can stand on them. Layer: runtime. No I/O.

What a launch hides is found when it starts. A name that somebody outside makes later, and that
a block pattern with wildcards covers, is seen by the command; the record has to say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.names import is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.runtime.sandbox.names import Roots

_WILD: Final = frozenset("*?[{")


def appearing(patterns: Iterable[str], trees: Sequence[str], roots: Roots) -> list[str]:
    """What the record says of names that may appear; empty where none can.

    Args:
        patterns: explicit block patterns of the plan.
        trees: real paths of the directories in view.
        roots: what root tags stand for.
    """
    open_ended = [one for one in patterns if _may_appear(one, trees, roots)]
    if not open_ended:
        return []
    more = len(open_ended) - 1
    others = f", and by {more} more patterns," if more else ""
    return [
        f"a name blocked by `{open_ended[0]}`{others} that appears during the launch is not hidden"
    ]


def _may_appear(pattern: str, trees: Sequence[str], roots: Roots) -> bool:
    parts = pattern.removesuffix("/**").split("/")
    fixed = next((at for at, part in enumerate(parts) if _WILD & set(part)), None)
    if fixed is None:
        return False
    base = roots.real("/".join(parts[:fixed]))
    return base is not None and any(is_within(base, one) or is_within(one, base) for one in trees)
