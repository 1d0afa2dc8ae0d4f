"""What a launch was, for the audit entry and for people. Layer: runtime. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import to_json
from wilkc.runtime.sandbox.monitor import Watched
from wilkc.runtime.sandbox.offered import network_in_force
from wilkc.runtime.sandbox.postcheck import Verdicts
from wilkc.runtime.sandbox.watch import BY_ITSELF, Ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.limits import Reached
    from wilkc.runtime.sandbox.prepare import Prepared

MAX_LISTED: Final = 20
"""Entries of one kind in a record; the number of all is given beside them."""
MAX_TEXT: Final = 300
"""Code points of one text in a record, which as a whole must stay below 60,000 bytes."""


@dataclass(slots=True)
class Facts:
    """What one launch gathered; every member may still be empty when it is refused.

    Attributes:
        prepared: what was mounted and masked.
        reached: what kept each limit.
        ending: why the wait ended.
        watched: samples of usage, and alerts.
        exit: the command's exit code, None if it never ran or was killed.
        words: the first of what bubblewrap or the command wrote on standard error.
        verdicts: of the check afterwards.
        failures: what could not be cleaned up.
        reports: rules without a mount.
        duration_ms: from the beginning to the end.
        memory_peak: most bytes in use, or None where unknown.
        memory_kills: processes killed for want of memory.
        pids_refused: how often a new process was refused.
        cpu_ms: processor time, or None where nothing was started.
        output_lost: bytes that the command printed and nobody took in time.
        egress: what the proxy carried; empty where there was none.
    """

    prepared: Prepared | None = None
    reached: Mapping[str, Reached] = field(default_factory=dict)
    ending: Ending = BY_ITSELF
    watched: Watched = field(default_factory=Watched)
    exit: int | None = None
    words: str = ""
    verdicts: Verdicts = field(default_factory=Verdicts)
    failures: list[str] = field(default_factory=list)
    reports: Sequence[str] = ()
    duration_ms: int = 0
    memory_peak: int | None = None
    memory_kills: int = 0
    pids_refused: int = 0
    cpu_ms: int | None = None
    output_lost: int = 0
    egress: Mapping[str, Any] = field(default_factory=dict)


def launch_record(job: Job, facts: Facts) -> dict[str, Any]:
    """The `launch` member of an outcome."""
    last = facts.watched.last
    return {
        "id": job.launch,
        "agent": job.agent,
        "revision": job.revision,
        "level": job.plan.level,
        "network": network_in_force(job.plan, proxied=job.proxied),
        "isolation": job.plan.isolation,
        "filesystem": job.plan.filesystem,
        "process": job.plan.process,
        "context": job.plan.context,
        "seccomp": job.plan.seccomp,
        "unix_sockets": job.plan.unix_sockets,
        "degraded": list(job.plan.degraded),
        "limits": {name: one.as_json() for name, one in sorted(facts.reached.items())},
        "gaps": _listed([to_json(gap) for gap in job.plan.gaps]),
        "usage": {
            "cpu_ms": facts.cpu_ms,
            "memory_peak": facts.memory_peak,
            "memory_kills": facts.memory_kills,
            "pids_refused": facts.pids_refused,
            "written": last.disk.write_bytes if last else None,
            "grown": facts.verdicts.grown,
            "samples": {
                "count": facts.watched.taken,
                "last": [one.as_json(job.plan.limits) for one in facts.watched.samples],
            },
        },
        "output_lost": facts.output_lost,
        "alerts": [alert.as_json() for alert in facts.watched.alerts],
        "egress": dict(facts.egress) or None,
        "postcheck": _postcheck(facts.verdicts),
        "cleanup": _listed(facts.failures),
        "duration_ms": facts.duration_ms,
        "files": {path: sha256(held).hexdigest() for path, held in sorted(job.files.items())},
        "reports": _listed(_reports(facts)),
        "view": _view(facts.prepared),
    }


def _reports(facts: Facts) -> list[str]:
    of_cutouts = facts.prepared.cut.reports if facts.prepared else []
    return [*facts.reports, *of_cutouts, *facts.verdicts.reports]


def _view(prepared: Prepared | None) -> dict[str, Any] | None:
    if prepared is None:
        return None
    view = prepared.view
    identity = prepared.identity
    return {
        "identity": "root" if identity.uid == 0 else "user",
        "uid": identity.uid,
        "mounts": _listed(
            [
                {"path": one.path, "access": one.access, "rule": one.rule, "line": one.line}
                for one in view.binds
            ]
        ),
        "masks": _listed([mask.path for mask in view.masks]),
        "pins": _listed(list(view.pins)),
    }


def _postcheck(verdicts: Verdicts) -> dict[str, Any]:
    return {
        "denied": _listed(verdicts.denied),
        "moved": _listed(verdicts.moved),
        "stuck": _listed(verdicts.stuck),
        "set_id": _listed(verdicts.set_id),
        "obeyed": _listed(verdicts.obeyed),
        "unjudged": shown(verdicts.unjudged),
    }


def _listed(entries: Sequence[Any]) -> dict[str, Any]:
    return {"count": len(entries), "first": [_plain(entry) for entry in entries[:MAX_LISTED]]}


def _plain(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _plain(value) for name, value in entry.items()}
    return shown(entry) if isinstance(entry, str) else entry


def shown(text: str) -> str:
    """A text of bounded length that every encoder takes: names of files hold any bytes."""
    cut = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return cut.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
