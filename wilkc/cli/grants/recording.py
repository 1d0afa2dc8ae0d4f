"""Grants and revocations on record. Layer: cli."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit import Actor, Event
from wilkc.spec import moment_of

if TYPE_CHECKING:
    from wilkc.spec import Grant

_MICROSECONDS: Final = 1_000_000


def granted(grant: Grant, sequence: int, revision: str) -> Event:
    """The record of a grant that is about to come into force.

    Args:
        grant: what is given.
        sequence: number of the release that gives it.
        revision: the revision of that release.
    """
    return _event("permission.grant", grant, grant.by, sequence, revision)


def revoked(grant: Grant, by: str, sequence: int, revision: str, *, recompiled: str) -> Event:
    """The record of a grant that is about to be taken back.

    Args:
        grant: what was given.
        by: who takes it back.
        sequence: number of the release that no longer gives it.
        revision: the revision of that release.
        recompiled: see `Proposal`.
    """
    event = _event("permission.revoke", grant, by, sequence, revision)
    if recompiled:
        event = replace(event, details={**event.details, "recompiled": recompiled})
    return event


def _event(kind: str, grant: Grant, by: str, sequence: int, revision: str) -> Event:
    given = grant.granted
    lasts = moment_of(grant.until) - moment_of(grant.since)
    return Event(
        type=kind,
        resource=f"{given.type}:{given.pattern}",
        actor=Actor("agent", grant.agent),
        details={
            "action": given.action,
            "permission_source": f"grant {grant.id}",
            "duration_us": int(lasts.total_seconds()) * _MICROSECONDS,
            "by": by,
            "reason": grant.reason,
            "since": grant.since,
            "until": grant.until,
            "sequence": sequence,
            "revision": revision,
        },
    )
