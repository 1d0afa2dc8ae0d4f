"""What a launch left in writable trees, judged by the policy afterwards. Layer: runtime.

A mount cannot forbid names that do not exist yet. Every path that is new or changed is put
to the policy as a write; what it denies is moved out of the tree, and the launch ends as a
violation.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.agreement import file_request
from wilkc.runtime.sandbox.matching import NOTHING
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.ports import decide_all
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.walk import Lookout, survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.contract import Request
    from wilkc.runtime.sandbox.ports import DecisionPoint
    from wilkc.runtime.sandbox.prepare import Others, Prepared
    from wilkc.runtime.sandbox.walk import Stamp, Survey

QUARANTINE: Final = ".wilk-quarantine"
_NAME_LENGTH: Final = 120
_BLOCK: Final = 512
"""Bytes of what stat(2) counts as a block."""
_SET_ID: Final = stat.S_ISUID | stat.S_ISGID


@dataclass(slots=True)
class Verdicts:
    """What the check after a launch found.

    Attributes:
        denied: real paths that the policy denies for writing.
        moved: those of them that were moved into quarantine.
        stuck: those that could not be moved, with the reason.
        set_id: new files that would run with their owner's rights.
        unjudged: why nothing could be judged, or empty.
        grown: bytes that new and changed files take up beyond what was there before.
    """

    denied: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    set_id: list[str] = field(default_factory=list)
    unjudged: str = ""
    grown: int = 0

    @property
    def violated(self) -> bool:
        """Whether the launch has to end as a violation."""
        return bool(self.denied or self.set_id or self.unjudged)


def postcheck(prepared: Prepared, point: DecisionPoint, others: Others) -> Verdicts:
    """Judge what is new or changed in the launch's writable trees.

    Args:
        prepared: the launch, over by now.
        point: the decision point.
        others: tells which paths other running launches made and will remove.
    """
    verdicts = Verdicts()
    if not prepared.judged:
        return verdicts
    try:
        # What was hidden could not be touched; what is hidden now was made by the command.
        everything = Lookout(prepared.roots, prepared.identity, NOTHING)
        now = survey([(top, True) for top in prepared.judged], everything)
        # Asked after the walk: whoever made what the walk saw is still noted, or it is gone.
        changed = _changed(prepared, now, others())
        verdicts.grown = _growth(prepared.seen.stamps, now.stamps, changed)
        _judge(prepared, point, changed, verdicts)
    except (SandboxRefusedError, ValueError) as error:
        verdicts.unjudged = str(error)
        return verdicts
    for path in _outermost(verdicts.denied):
        _quarantine(path, prepared, verdicts)
    return verdicts


def _changed(prepared: Prepared, now: Survey, ghosts: frozenset[str]) -> dict[str, os.stat_result]:
    before = prepared.seen.stamps
    masked = {found.path for found in prepared.seen.hidden}
    return {
        path: status
        for path, mark in now.stamps.items()
        if before.get(path) != mark and path not in ghosts
        and not any(is_within(path, one) for one in masked)
        for status in _status(path)
        if path not in before or not stat.S_ISDIR(status.st_mode)
    }  # fmt: skip


def _growth(
    before: Mapping[str, Stamp], now: Mapping[str, Stamp], changed: Mapping[str, os.stat_result]
) -> int:
    """Bytes that new and changed files take up beyond what was there in their place."""
    files = [status for status in changed.values() if stat.S_ISREG(status.st_mode)]
    taken = sum(status.st_blocks * _BLOCK for status in files)
    given_up = sum(
        size for path, (_, _, size) in before.items() if path in changed or path not in now
    )
    return max(taken - given_up, 0)


def _status(path: str) -> list[os.stat_result]:
    try:
        return [os.lstat(path)]
    except FileNotFoundError:
        return []


def _judge(
    prepared: Prepared, point: DecisionPoint, changed: dict[str, os.stat_result], found: Verdicts
) -> None:
    asked: list[tuple[str, Request]] = []
    for path, status in sorted(changed.items()):
        if stat.S_ISREG(status.st_mode) and status.st_mode & _SET_ID:
            found.set_id.append(path)
        try:
            names = prepared.roots.names(path)
        except ValueError:
            found.denied.append(path)
            continue
        directory = stat.S_ISDIR(status.st_mode)
        request = file_request(
            prepared.job.agent, "write", names, directory=directory, size=status.st_size
        )
        asked.append((path, request))
    answers = decide_all(point, [request for _, request in asked])
    if any(answer.revision != prepared.job.revision for answer in answers):
        raise ValueError("the policy changed while the command ran, or gave no answer")
    found.denied += [
        path for (path, _), answer in zip(asked, answers, strict=True) if not answer.allow
    ]


def _outermost(paths: list[str]) -> list[str]:
    return [
        path for path in paths if not any(is_within(path, top) and path != top for top in paths)
    ]


def _quarantine(path: str, prepared: Prepared, found: Verdicts) -> None:
    tree = next(top for top in prepared.judged if is_within(path, top))
    top, _, last = path.rpartition("/")
    try:
        with _folder(tree.rpartition("/")[0] or "/", prepared) as target:
            source = os.open(top, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                name = f"{len(found.moved):04d}-{last}"[:_NAME_LENGTH]
                os.rename(last, name, src_dir_fd=source, dst_dir_fd=target)
            finally:
                os.close(source)
    except OSError as error:
        found.stuck.append(f"{path}: {error.strerror}")
    else:
        found.moved.append(path)


@contextmanager
def _folder(beside: str, prepared: Prepared) -> Iterator[int]:
    """A directory of the launch's own beside the tree, closed to other users."""
    fds = [os.open(beside, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)]
    try:
        for name in (QUARANTINE, prepared.job.launch):
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=fds[-1])
            fds.append(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fds[-1]))
            if prepared.identity.drop:
                os.fchown(fds[-1], prepared.identity.uid, prepared.identity.gid)
        yield fds[-1]
    finally:
        for fd in fds:
            os.close(fd)
