"""What is on record of a revocation."""

from __future__ import annotations

import pytest

from wilkc.cli.grants.recording import revoked
from wilkc.spec import Grant


@pytest.mark.parametrize("recompiled", ["", "Wilk 0.1.0, now 0.2.0"])
def test_another_compiler_is_on_record(recompiled: str) -> None:
    grant = Grant(
        id="g1",
        agent="ann",
        allow="file:./fix/** write",
        reason="incident 4711",
        by="alice",
        since="2026-11-30T10:00:00Z",
        until="2026-11-30T10:30:00Z",
    )
    event = revoked(grant, "ben", 7, "r7", recompiled=recompiled)
    assert event.details.get("recompiled", "") == recompiled
    assert (event.type, event.details["sequence"], event.details["by"]) == (
        "permission.revoke",
        7,
        "ben",
    )
