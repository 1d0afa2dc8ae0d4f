"""The one exception of the guard. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import WilkError

if TYPE_CHECKING:
    from wilkc.core.contract import Decision


class PermissionDenied(WilkError):  # noqa: N818  # the name that the permission model uses
    """An action is not permitted, or nobody could say that it is.

    Attributes:
        decision: the denial: its reason, detail, message and the rule that decided.
    """

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.message)
        self.decision = decision

    def __reduce__(self) -> tuple[type[PermissionDenied], tuple[Decision]]:
        """Copied and sent between processes by what it was made from."""
        return type(self), (self.decision,)
