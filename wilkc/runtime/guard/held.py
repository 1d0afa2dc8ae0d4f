"""What of Wilk's own a guard knows of, so that its commands get nothing of it. Layer: runtime."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.opa.config import STATUS_SOCKET
from wilkc.runtime.sandbox import Held

if TYPE_CHECKING:
    from wilkc.runtime.guard.recording import Recorder
    from wilkc.runtime.limits import RateStore


def held_by(socket: Path, recorder: Recorder, rates: RateStore | None) -> Held:
    """The places behind a guard's parts.

    Args:
        socket: of the sidecar that decides.
        recorder: keeps the record; one that is of no place has none here.
        rates: counts hits.
    """
    means = getattr(recorder, "means", recorder)
    places = [socket, socket.with_name(STATUS_SOCKET), *getattr(means, "places", ())]
    database = getattr(rates, "path", None)
    return Held(
        tuple(map(os.path.abspath, places)),
        journalled=(str(database),) if isinstance(database, Path) else (),
    )
