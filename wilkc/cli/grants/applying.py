"""From a proposal to what is in force: sign, record, release, wait. Layer: cli.

The record comes first, so that whatever is killed in between leaves nothing in force that is
not on record. The copies in the overlay folder come last: they are for people and for the next
release, and what is missing among them takes access away.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.building import with_place
from wilkc.cli.files import write_atomically
from wilkc.cli.grants.overlay import SUFFIX, differing, grants_in
from wilkc.cli.sources import read_file
from wilkc.core.errors import GateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.cli.grants.means import Means
    from wilkc.cli.grants.proposal import Proposal
    from wilkc.runtime.audit import Event


def apply(
    means: Means,
    proposal: Proposal,
    events: Callable[[int, str], list[Event]],
) -> tuple[int, str]:
    """Put a proposal in force.

    Args:
        means: with what.
        proposal: what shall be in force.
        events: from the number and the revision of the release to what goes on record.

    Returns:
        The number and the revision of the release that is now in force.

    Raises:
        UnavailableError: it could not be recorded, and nothing was released; or it was
            released and is not in force in time.
        GateError: the sidecar refused the release.
        UsageError: a place cannot be written.
    """
    # 1. All that can fail without a trace does so first.
    sequence, revision = proposal.base.next_sequence, proposal.built.compiled.revision
    bundle = means.sign(with_place(proposal.built, sequence).bundle)
    prepare(means.overlay)
    # 2. It is on stable storage that this is about to happen.
    with means.recorder() as logger:
        for event in events(sequence, revision):
            logger.system(event)
    # 3. From here on the sidecar may take it up.
    path = means.releases.publish(bundle, sequence)
    # 4. The copies follow what was released.
    copy_grants(means.overlay, proposal.base.sources, proposal.built.sources)
    # 5. It is said to be in force only when the sidecar says so.
    means.releases.await_active(path, sequence, revision, means.seconds)
    means.releases.tidy(sequence)
    return sequence, revision


def prepare(overlay: Path) -> None:
    """Make the overlay folder where it is not there.

    Raises:
        UsageError: the policies that it belongs into are not there.
    """
    try:
        overlay.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot make the folder `{overlay}`: {error.strerror}",
            help_text="name one in your policies by `--overlay`",
        ) from error


def copy_grants(overlay: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Make the files of the overlay folder those of what was released."""
    for held in grants_in(before):
        if held.file not in after and Path(held.file).parent == overlay:
            Path(held.file).unlink(missing_ok=True)
    for held in grants_in(after):
        path = Path(held.file)
        if path.parent == overlay and (
            not path.exists() or after[held.file] != before.get(held.file)
        ):
            write_atomically(path, after[held.file])


def require_untouched(overlay: Path, sources: Mapping[str, bytes]) -> None:
    """Check that no file of the overlay folder says anything that is not in force.

    Raises:
        GateError: one was written or changed by hand.
        UsageError: one cannot be read.
    """
    if not overlay.is_dir():
        return
    files = sorted(path for path in overlay.iterdir() if path.suffix == SUFFIX)
    on_disk = {str(path): read_file(path) for path in files}
    for file in differing(sources, on_disk):
        raise GateError(
            f"`{file}` is not what is in force: it was changed, or left by a revocation that "
            "was cut off",
            help_text="revoke that grant again, or remove the file",
        )


def drifted(sources: Mapping[str, bytes], overlay: Path) -> list[str]:
    """Files of the policies that are no longer what is in force, where they are at hand."""
    at_hand = {
        file: read_file(Path(file))
        for file in sources
        if Path(file).parent != overlay and Path(file).is_file()
    }
    return list(differing(sources, at_hand))
