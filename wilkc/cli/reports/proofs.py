"""The proofs of the records that a report cites. Layer: cli."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.export import make_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping


def cited(body: Mapping[str, Any]) -> list[int]:
    """The numbers of all records that a report cites, in order."""
    seqs = {seq for one in body["controls"] for found in one["evidence"] for seq in found["seqs"]}
    seqs |= {one["seq"] for one in body["violations"]}
    return sorted(seqs)


def write_proofs(
    folder: Path, body: Mapping[str, Any], directory: Path, root: str, checkpoint: str
) -> None:
    """Write `SEQ.proof` for each cited record into a new folder, all of them or none.

    Raises:
        UsageError: the folder is there, or cannot be written, or a record was pruned.
        VerificationError: the log does not agree with the checkpoint.
    """
    if folder.exists():
        raise UsageError(f"`{folder}` is there already", help_text="name a new folder")
    try:
        with tempfile.TemporaryDirectory(dir=folder.absolute().parent) as name:
            made = Path(name) / "proofs"
            made.mkdir()
            for seq in cited(body):
                text = make_bundle(directory, seq, checkpoint, root)
                (made / f"{seq}.proof").write_text(text, encoding="utf-8")
            shutil.move(made, folder)
    except OSError as error:
        raise UsageError(f"cannot write `{folder}`: {error.strerror}") from error
