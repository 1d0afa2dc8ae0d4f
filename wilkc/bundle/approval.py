"""Who asked for a release, and who approved it. Layer: bundle (pure).

Both names stand in the manifest's metadata, so that the signature covers them: whoever holds the
releaser's key says so. Wilk compares them, and knows nothing of who they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

MAX_NAME_BYTES: Final = 256
_METADATA: Final = "metadata"
_APPROVAL: Final = "approval"
_MEMBERS: Final = {"approver", "requester"}


@dataclass(frozen=True, slots=True)
class Approval:
    """Two people.

    Attributes:
        requester: who asked for the release.
        approver: who approved it, somebody else.
    """

    requester: str
    approver: str


def with_approval(manifest: Mapping[str, Json], approval: Approval) -> dict[str, Json]:
    """The manifest with these names in place of any it had.

    Raises:
        UsageError: a name is empty, too long or not printable, or both are the same.
    """
    names = {"approver": approval.approver, "requester": approval.requester}
    for role, name in names.items():
        if not _is_name(name):
            raise UsageError(
                f"the {role} is no name",
                help_text=f"write printable text of 1 to {MAX_NAME_BYTES} bytes",
            )
    if approval.approver == approval.requester:
        raise UsageError(
            f"`{approval.approver}` cannot approve what the same person asked for",
            help_text="let a second person look at the release",
        )
    metadata = manifest.get(_METADATA)
    metadata = metadata if isinstance(metadata, dict) else {}
    return {**manifest, _METADATA: {**metadata, _APPROVAL: names}}


def approval_of(manifest: Mapping[str, Json]) -> Approval | None:
    """The names that a manifest states; None where it states none.

    Raises:
        VerificationError: what it states are no names.
    """
    metadata = manifest.get(_METADATA)
    if not isinstance(metadata, dict) or _APPROVAL not in metadata:
        return None
    names = metadata[_APPROVAL]
    if (
        not isinstance(names, dict)
        or set(names) != _MEMBERS
        or not all(isinstance(name, str) and _is_name(name) for name in names.values())
    ):
        raise VerificationError("the bundle's `approval` does not name who asked and who approved")
    return Approval(names["requester"], names["approver"])


def _is_name(text: str) -> bool:
    return text.isprintable() and 0 < len(text.encode("utf-8", "replace")) <= MAX_NAME_BYTES
