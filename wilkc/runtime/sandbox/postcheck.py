"""What a launch left in writable trees, judged by the policy afterwards. Layer: runtime.

A mount cannot forbid names that do not exist yet. Every path that is new or changed is put
to the policy as a write; what it denies is moved out of the tree, and the launch ends as a
violation.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.agreement import file_request
from wilkc.runtime.sandbox.matching import NOTHING
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.obeyed import COMMONDIR, ITSELF, is_git_directory, obeyed_by_git
from wilkc.runtime.sandbox.ports import decide_all
from wilkc.runtime.sandbox.quarantine import Quarantine, above, outermost
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.walk import Lookout, changed_outermost, survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wilkc.core.contract import Request
    from wilkc.runtime.sandbox.ports import DecisionPoint
    from wilkc.runtime.sandbox.prepare import Others, Prepared
    from wilkc.runtime.sandbox.walk import Stamp, Survey

MAX_STUCK: Final = 20
"""What is told of new paths that could be neither judged nor moved; there may be any number."""
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
        obeyed: what the command made, and git would obey; moved away whatever policy allows.
        unjudged: why nothing could be judged, or empty.
        grown: bytes that new and changed files take up beyond what was there before.
        beside: whether another launch is still under way in the same folders.
        reports: what the command made that nothing keeps it from, and the record has to say.
    """

    denied: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    set_id: list[str] = field(default_factory=list)
    obeyed: list[str] = field(default_factory=list)
    unjudged: str = ""
    grown: int = 0
    reports: list[str] = field(default_factory=list)
    beside: bool = False

    @property
    def violated(self) -> bool:
        """Whether the launch has to end as a violation."""
        return bool(self.denied or self.set_id or self.obeyed or self.unjudged)


def postcheck(prepared: Prepared, point: DecisionPoint, others: Others) -> Verdicts:
    """Look at what is new or changed in writable trees, and judge it where it has to be.

    Args:
        prepared: the launch, over by now.
        point: the decision point.
        others: tells which paths other running launches made and will remove.
    """
    verdicts = Verdicts()
    free = [top for top in prepared.written if top not in prepared.judged]
    if free:
        try:
            _look(free, prepared, others, verdicts)
        except (SandboxRefusedError, OSError) as error:
            verdicts.reports.append(f"what the command wrote was not looked through: {error}")
            verdicts.obeyed += _obeyed_below(free, prepared)
    quarantine = Quarantine(prepared.job.launch, prepared.identity)
    try:
        changed = _look_or_move(prepared, others, quarantine, verdicts)
        _judge(prepared, point, changed, verdicts)
    except Exception as error:  # noqa: BLE001  # without a judgement nothing of it is in order
        verdicts.unjudged = verdicts.unjudged or str(error) or type(error).__name__
    for path in outermost([*verdicts.denied, *verdicts.obeyed]):
        _quarantine(path, prepared, quarantine, verdicts)
    quarantine.close()
    if verdicts.violated:
        verdicts.beside = _is_shared(prepared, others)
    verdicts.grown = max(verdicts.grown, 0)
    return verdicts


def _is_shared(prepared: Prepared, others: Others) -> bool:
    try:
        left = others()
    except SandboxRefusedError:
        return False
    return any(is_within(path, top) for path in left for top in prepared.written)


def _look_or_move(
    prepared: Prepared, others: Others, quarantine: Quarantine, found: Verdicts
) -> dict[str, os.stat_result]:
    """What is to be judged: all that is new or changed, or only what changed.

    A command decides how much it leaves. What is too much to be looked through is too much to be
    judged, and would keep every later launch from starting; so all that is new is moved away.

    Raises:
        SandboxRefusedError: it cannot be told what other launches made.
    """
    try:
        return _look(prepared.judged, prepared, others, found)
    except (SandboxRefusedError, OSError) as error:
        found.unjudged = str(error)
    changed: dict[str, os.stat_result] = {}
    stamps, left = prepared.seen.stamps, _as_made(others())
    before, known = quarantine.count, stamps.keys() | left
    lookout = replace(_everything(prepared, opening=True), beyond=frozenset(prepared.cut.hidden))
    for tree in prepared.judged:
        for entry in changed_outermost([tree], lookout, known, stamps):
            if entry.path in stamps:
                changed.update((entry.path, status) for status in _status(entry.path))
            elif why := quarantine.move(entry.path, tree):
                found.stuck += [f"{entry.path}: {why}"][: MAX_STUCK - len(found.stuck)]
    found.set_id += _set_id(changed)
    found.obeyed += _obeyed(changed)
    found.unjudged += f"; {quarantine.count - before} new paths were moved to quarantine unjudged"
    return changed


def _look(
    tops: Sequence[str], prepared: Prepared, others: Others, found: Verdicts
) -> dict[str, os.stat_result]:
    """What is new or changed in some of the trees.

    Raises:
        SandboxRefusedError: they are too large to be looked through.
        OSError: a way in them is too long.
    """
    if not tops:
        return {}
    # What was hidden could not be touched; what is hidden now was made by the command. Nor may it
    # keep anything from being judged by closing a directory of its own.
    opening = set(tops) <= set(prepared.judged)
    now = survey([(top, True) for top in tops], _everything(prepared, opening=opening))
    changed = _changed(prepared, now, others)
    before = {
        path: mark
        for path, mark in prepared.seen.stamps.items()
        if any(is_within(path, top) for top in tops)
    }
    found.grown += _growth(before, now.stamps, changed)
    found.set_id += _set_id(changed)
    found.obeyed += _obeyed(changed)
    for path in sorted(set(now.git).difference(prepared.seen.git)):
        if f"{path}/HEAD" in changed and _was_there(path, prepared):
            found.obeyed.append(f"{path}/HEAD")
        elif f"{path}/HEAD" in changed:
            found.reports.append(f"`{path}` was made a bare repository by the command")
    found.reports += [
        f"`{path}/.git` was made by the command: nothing of it was kept from being written"
        for path in sorted(set(now.repositories).difference(prepared.seen.repositories))
        if f"{path}/.git" in changed
    ]
    return changed


def _everything(prepared: Prepared, *, opening: bool) -> Lookout:
    return Lookout(prepared.roots, prepared.identity, NOTHING, opening=opening)


def _obeyed(changed: Mapping[str, os.stat_result]) -> list[str]:
    return [path for path, status in sorted(changed.items()) if obeyed_by_git(path, status.st_mode)]


def _was_there(folder: str, prepared: Prepared) -> bool:
    """Whether a folder is older than the launch: whoever is in it or below would use what it is.

    Git takes a folder for a repository by its names alone (gitrepository-layout(5)).
    """
    return folder in prepared.seen.stamps or folder in prepared.written


def _obeyed_below(tops: Sequence[str], prepared: Prepared) -> list[str]:
    """The same of trees that are too large to be looked through; whatever there is of it."""
    known, hidden, found = prepared.seen.stamps, prepared.cut.hidden, []
    for top in tops:
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if f"{folder}/{name}" not in hidden]
            for path in (f"{folder}/{name}" for name in (*folders, *files)):
                for status in _status(path) if path not in known else ():
                    bare = path.endswith("/HEAD") and is_git_directory(folder)
                    bare = bare and not folder.endswith("/.git") and _was_there(folder, prepared)
                    found += [path] if bare or obeyed_by_git(path, status.st_mode) else []
    return sorted(found)


def _set_id(changed: Mapping[str, os.stat_result]) -> list[str]:
    return [
        path
        for path, status in sorted(changed.items())
        if stat.S_ISREG(status.st_mode) and status.st_mode & _SET_ID
    ]


def _changed(prepared: Prepared, now: Survey, others: Others) -> dict[str, os.stat_result]:
    before = prepared.seen.stamps
    new = {path for path, mark in now.stamps.items() if before.get(path) != mark}
    # Asked after the walk: whoever made what the walk saw is still noted, or it is gone.
    new -= _as_made(others()) if new else set()
    # Masks alone: a link of a blocked name is not masked, and another file could take its place.
    masked = prepared.cut.hidden.keys()
    return {
        path: status
        for path in new
        if path not in masked and masked.isdisjoint(above(path))
        for status in _status(path)
        if path not in before or not stat.S_ISDIR(status.st_mode)
    }  # fmt: skip


def _as_made(paths: Iterable[str]) -> set[str]:
    """Of what other launches made those paths that are as they were made.

    What has been written into them meanwhile may have been written by this one: that another one
    may write there is no leave for it.
    """
    found = set()
    for path in paths:
        for status in _status(path):
            given = len(ITSELF) if path.endswith(f"/{COMMONDIR}") else 0
            if not stat.S_ISREG(status.st_mode) or status.st_size in {0, given}:
                found.add(path)
    return found


def _growth(
    before: Mapping[str, Stamp], now: Mapping[str, Stamp], changed: Mapping[str, os.stat_result]
) -> int:
    """Bytes that new and changed files take up beyond what was there in their place."""
    files = [status for status in changed.values() if stat.S_ISREG(status.st_mode)]
    taken = sum(status.st_blocks * _BLOCK for status in files)
    given_up = sum(
        size for path, (_, _, size) in before.items() if path in changed or path not in now
    )
    return taken - given_up


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
    revision = prepared.job.revision
    found.denied += [
        path
        for (path, _), answer in zip(asked, answers, strict=True)
        if not answer.allow and answer.revision == revision
    ]
    if any(answer.revision != revision for answer in answers):
        raise ValueError("the policy changed while the command ran, or gave no answer")


def _quarantine(path: str, prepared: Prepared, quarantine: Quarantine, found: Verdicts) -> None:
    tree = next(top for top in prepared.written if is_within(path, top))
    why = quarantine.move(path, tree)
    if why:
        found.stuck.append(f"{path}: {why}")
    else:
        found.moved.append(path)
