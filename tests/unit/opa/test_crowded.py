"""Too many wait to be let in: one more waits as well, as long as there is time."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from tests.unit.opa.conftest import Known, answer, crowded, http
from wilkc.core.contract import Request
from wilkc.opa import Transport

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Request("a", "read", "file", "./x")
WHOLE = http(json.dumps(answer()).encode())


def test_a_queue_that_is_full_is_waited_for(short_folder: Path) -> None:
    listener, waiting = crowded(short_folder / "opa.sock")

    def serve() -> None:
        time.sleep(0.1)
        accepted = [listener.accept()[0] for _ in waiting]
        accepted[-1].recv(65_536)
        accepted[-1].sendall(WHOLE)
        for one in (*accepted, *waiting):
            one.close()

    serving = threading.Thread(target=serve)
    serving.start()
    asking = Transport(short_folder / "opa.sock", Known(), seconds=20)
    assert asking.decide(ASKED).allow
    asking.close()
    serving.join()
    listener.close()


def test_a_queue_that_stays_full_is_no(short_folder: Path) -> None:
    listener, waiting = crowded(short_folder / "opa.sock")
    asking = Transport(short_folder / "opa.sock", Known(), seconds=0.3)
    found = asking.decide(ASKED)
    assert (found.allow, found.detail) == (False, "late_answer")
    for one in (listener, *waiting):
        one.close()
