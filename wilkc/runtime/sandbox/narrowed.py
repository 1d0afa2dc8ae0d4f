"""Files bound one by one, for rules that pick names inside a folder. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.agreement import file_request
from wilkc.runtime.sandbox.binds import file_binds
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.obeyed import led_to
from wilkc.runtime.sandbox.ports import decide_all
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.sandbox.binds import Base, Bases
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.ports import DecisionPoint
    from wilkc.runtime.sandbox.reserved import Reserved
    from wilkc.runtime.sandbox.view import Bind
    from wilkc.runtime.sandbox.walk import Survey


@dataclass(frozen=True, slots=True)
class Scene:
    """What the steps of a preparation share.

    Attributes:
        job: what is launched.
        point: the decision point.
        bases: the open mounts.
        reserved: what no rule mounts.
        use_fds: whether bubblewrap takes descriptors as sources.
    """

    job: Job
    point: DecisionPoint
    bases: Bases
    reserved: Reserved
    use_fds: bool


def leafy_binds(scene: Scene, seen: Survey) -> list[Bind]:
    """The binds of every rule that picks names: of those files that exist and may be had.

    Args:
        scene: of the launch.
        seen: what the walk found.

    Raises:
        SandboxRefusedError: a rule matches too many files, or the policy gives no answer.
    """
    binds: list[Bind] = []
    for base in scene.bases.found:
        if base.mount.how != "each":
            continue
        paths = seen.matches[base.mount.pattern]
        if not base.opened.directory:
            paths = [base.opened.path] if base.opened.regular else []
        if base.mount.access == "write":
            paths = _writable_now(scene, _unfrozen(scene, base, paths, seen))
        binds += file_binds(base, paths, scene.bases, use_fds=scene.use_fds)
    return binds


def _unfrozen(scene: Scene, base: Base, paths: Sequence[str], seen: Survey) -> list[str]:
    """Of the files that a narrowed write rule matches, those that do not stay read-only.

    In no directory that is mounted could they be frozen.
    """
    places = {base.opened.path, *seen.repositories} if paths else set()
    elsewhere = led_to(places)
    frozen = {
        path
        for path in paths
        if scene.reserved.is_frozen(path) or any(is_within(path, one) for one in elsewhere)
    }
    if frozen:
        more = f" and {len(frozen) - 1} more" if len(frozen) > 1 else ""
        scene.bases.reports.append(
            f"{base.mount.rule}: `{min(frozen)}`{more} stays read-only, whatever rule matches it"
        )
    return [path for path in paths if path not in frozen]


def _writable_now(scene: Scene, paths: Sequence[str]) -> list[str]:
    """Of the files that a narrowed write rule matches, those that the policy lets write."""
    names = scene.reserved.roots.names
    requests = [file_request(scene.job.agent, "write", names(path)) for path in paths]
    try:
        answers = decide_all(scene.point, requests)
    except ValueError as error:
        raise SandboxRefusedError("sandbox.disagrees_with_policy", str(error)) from error
    return [path for path, answer in zip(paths, answers, strict=True) if answer.allow]
