"""The real OPA as a sidecar: right revision, hardened, restarted, and gone afterwards."""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import stat
import threading
import time
from typing import TYPE_CHECKING, NoReturn
from unittest.mock import Mock

import pytest

from tests.integration.sidecar.conftest import POLICY, Signer, freeze, gone, opa_processes, stub
from wilkc.bundle import generate_key
from wilkc.core.contract import Request
from wilkc.core.errors import UnavailableError
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.client import AdminClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.core.contract import Decision
    from wilkc.opa import Transport

ASKED = Request("a", "read", "file", "./x")


@pytest.fixture
def make(opa: Path, folder: Path, signer: Signer) -> Callable[..., Sidecar]:
    """Makes sidecars of the small policy, which grants everything to agent `a`."""

    def build(revision: str = "r1", *, program: Path = opa, seconds: float = 20.0) -> Sidecar:
        settings = SidecarSettings(
            program, folder / "run" / "opa.sock", start_seconds=seconds, answer_seconds=2.0
        )
        return Sidecar(signer.verified(revision, "a"), signer.keys, settings)

    return build


def test_it_answers_by_the_revision_given(make: Callable[..., Sidecar]) -> None:
    with make() as sidecar:
        found = sidecar.point.decide(ASKED)
        assert (found.allow, found.revision) == (True, "r1")
        other = sidecar.point.decide(Request("b", "read", "file", "./x"))
        assert (other.allow, other.reason) == (False, "PERMISSION_DENIED")
        assert sidecar.problem() == ""


def test_nothing_is_left(make: Callable[..., Sidecar], folder: Path) -> None:
    threads = threading.active_count()
    with make() as sidecar:
        run = sidecar.socket.parent
        assert opa_processes(run)
    assert gone(run)
    assert not run.exists()
    assert threading.active_count() == threads
    assert list(folder.iterdir()) == []


def _fail() -> NoReturn:
    raise KeyError("inside")


def test_nothing_is_left_after_an_exception(make: Callable[..., Sidecar]) -> None:
    sidecar = make()
    with pytest.raises(KeyError, match="inside"), sidecar:
        _fail()
    assert gone(sidecar.socket.parent)
    assert not sidecar.socket.parent.exists()


def test_the_socket_is_closed_to_others(make: Callable[..., Sidecar]) -> None:
    with make() as sidecar:
        modes = {one.name: one.stat().st_mode for one in sidecar.socket.parent.iterdir()}
        assert stat.S_ISSOCK(modes["opa.sock"])
        assert {stat.S_IMODE(mode) for mode in modes.values()} == {0o600}
        assert stat.S_IMODE(sidecar.socket.parent.stat().st_mode) == 0o700


def _status(path: Path, method: str, target: str, body: str = "") -> int:
    connection = http.client.HTTPConnection("localhost", timeout=5)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    connection.request(method, target, body)
    with connection.getresponse() as response:
        response.read()
        found = response.status
    connection.close()
    return found


QUERY = "?provenance=true&strict-builtin-errors=true"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/data"),
        ("GET", "/v1/data/wilk/decision"),
        ("GET", "/v1/data/system"),
        ("POST", "/v1/data/wilk/decision"),
        ("POST", f"/v1/data/wilk/decision{QUERY}&explain=full"),
        ("POST", f"/v1/data/wilk/agents{QUERY}"),
        ("POST", f"/v0/data/wilk/decision{QUERY}"),
        ("POST", "/v1/query"),
        ("POST", "/v1/compile"),
        ("PUT", "/v1/policies/x"),
        ("PUT", "/v1/data/system/x"),
        ("PATCH", "/v1/data/system"),
        ("DELETE", "/v1/policies/x"),
        ("GET", "/v1/policies"),
        ("GET", "/v1/config"),
        ("POST", "/"),
    ],
)
def test_everything_else_is_refused(served: Sidecar, method: str, target: str) -> None:
    assert _status(served.socket, method, target, '{"input": {}}') == 401


@pytest.fixture(scope="module")
def served(opa: Path, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> object:
    """One sidecar for the questions of authorization."""
    del tmp_path_factory
    with Sidecar(signer.verified("r1", "a"), signer.keys, SidecarSettings(opa)) as sidecar:
        yield sidecar


def test_what_is_needed_is_allowed(served: Sidecar) -> None:
    assert _status(served.socket, "POST", f"/v1/data/wilk/decision{QUERY}", '{"input":{}}') == 200
    assert _status(served.socket, "GET", "/health") == 200
    assert _status(served.socket, "GET", "/v1/status") == 200
    client = AdminClient(served.socket)
    assert client.healthy()
    client.close()


def test_a_question_without_input_is_no_decision(served: Sidecar) -> None:
    """OPA answers 200 with the default; the warning beside it is what counts."""
    assert _status(served.socket, "POST", f"/v1/data/wilk/decision{QUERY}", "{}") == 200
    assert not served.point.decide(Request("", "", "", "")).allow


def test_one_request_that_cannot_be_judged_does_not_deny_the_others(served: Sidecar) -> None:
    poison = Request("a", "read", "file", "./poison")
    found = served.point.decide_many([ASKED, poison, ASKED])
    assert [one.allow for one in found] == [True, False, True]
    assert found[1].detail == "odd_answer"


def test_an_update_comes_into_force(make: Callable[..., Sidecar], signer: Signer) -> None:
    with make() as sidecar:
        sidecar.publish(signer.verified("r2", "b"))
        assert sidecar.revision == "r2"
        found = sidecar.point.decide(ASKED)
        assert (found.allow, found.revision) == (False, "r2")
        assert sidecar.problem() == ""


def test_requests_during_updates_are_all_answered(
    make: Callable[..., Sidecar], signer: Signer
) -> None:
    found: list[tuple[bool, str]] = []
    stop = threading.Event()

    def ask(point: Transport) -> None:
        while not stop.is_set():
            decision = point.decide(ASKED)
            found.append((decision.allow, decision.revision))

    with make() as sidecar:
        thread = threading.Thread(target=ask, args=(sidecar.point,))
        thread.start()
        for number in range(2, 6):
            sidecar.publish(signer.verified(f"r{number}", "a"))
        stop.set()
        thread.join()
    assert {allow for allow, _ in found} == {True}
    assert {"r1", "r5"} <= {revision for _, revision in found}


def test_an_update_that_opa_refuses_changes_nothing(
    make: Callable[..., Sidecar], signer: Signer
) -> None:
    with make() as sidecar:
        broken = signer.verified("r2", "a", policy=POLICY + b"\nx := nothing(1)\n")
        with pytest.raises(UnavailableError, match=r"decision\.rego:\d+: undefined function"):
            sidecar.publish(broken)
        assert sidecar.point.decide(ASKED).revision == "r1"
        assert sidecar.problem() == ""
        sidecar.publish(signer.verified("r3", "a"))
        assert sidecar.point.decide(ASKED).revision == "r3"


def test_an_update_that_cannot_be_announced_changes_nothing(
    make: Callable[..., Sidecar], signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with make() as sidecar:
        with monkeypatch.context() as patched:
            patched.setattr("wilkc.opa.announcement.replace_file", Mock(side_effect=full))
            with pytest.raises(UnavailableError, match="No space left on device"):
                sidecar.publish(signer.verified("r2", "b"))
        assert sidecar.point.decide(ASKED).revision == "r1"
        sidecar.publish(signer.verified("r3", "a"))
        assert sidecar.point.decide(ASKED).revision == "r3"


def test_opa_verifies_by_itself(opa: Path, signer: Signer) -> None:
    """A bundle that Wilk's own verifier took, but signed by another key than OPA's."""
    settings = SidecarSettings(opa, start_seconds=10)
    wrong = Sidecar(signer.verified("r1", "a"), {"k": generate_key().public()}, settings)
    with pytest.raises(UnavailableError, match=r"OPA refuses the bundle: .*JWT"), wrong:
        pass


def test_opa_is_started_again_within_a_second(make: Callable[..., Sidecar]) -> None:
    with make() as sidecar:
        (process,) = opa_processes(sidecar.socket.parent)
        os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        while not sidecar.point.decide(ASKED).allow or sidecar.problem():
            assert time.monotonic() - killed < 5
            time.sleep(0.02)
    assert gone(sidecar.socket.parent)


def test_a_stopped_opa_means_no_in_time(make: Callable[..., Sidecar]) -> None:
    with make() as sidecar:
        (process,) = opa_processes(sidecar.socket.parent)
        freeze(process)
        started = time.monotonic()
        found = sidecar.point.decide(ASKED)
        seconds = time.monotonic() - started
        os.kill(process, signal.SIGCONT)
        assert (found.allow, found.detail) == (False, "late_answer")
        assert seconds < 4
        assert sidecar.point.decide(ASKED).allow


SLOW = POLICY.replace(
    b'poisoned if input.resource.id != "./poison"',
    b"""poisoned if input.resource.id != "./slow"

poisoned if count({x | some x in numbers.range(1, 200000); x % 7 == 0}) > 1""",
)


def test_what_is_in_flight_is_answered_before_the_end(
    opa: Path, folder: Path, signer: Signer
) -> None:
    found: list[Decision] = []
    settings = SidecarSettings(opa, folder / "run" / "opa.sock", answer_seconds=20)
    with Sidecar(signer.verified("r1", "a", policy=SLOW), signer.keys, settings) as sidecar:
        asked = Request("a", "read", "file", "./slow")
        started = time.monotonic()
        assert sidecar.point.decide(asked).allow
        seconds = time.monotonic() - started
        thread = threading.Thread(target=lambda: found.append(sidecar.point.decide(asked)))
        thread.start()
        time.sleep(seconds / 3)
        assert found == []
    thread.join()
    assert [one.allow for one in found] == [True]


def test_a_second_sidecar_in_the_folder_is_refused(make: Callable[..., Sidecar]) -> None:
    with make() as first:
        with pytest.raises(UnavailableError, match="another sidecar runs"), make("r2"):
            pass
        assert first.point.decide(ASKED).revision == "r1"


def test_proxies_and_netrc_do_not_matter(
    make: Callable[..., Sidecar], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (folder / "netrc").write_text("default login x password y\n")
    monkeypatch.setenv("NETRC", str(folder / "netrc"))
    with make() as sidecar:
        assert sidecar.point.decide(ASKED).allow
        assert sidecar.problem() == ""


def _start_fails(make: Callable[..., Sidecar], folder: Path, body: str) -> str:
    program = stub(folder / "opa", body)
    with (
        pytest.raises(UnavailableError) as caught,
        make(program=program, seconds=1.5),
    ):
        pass
    assert gone(folder / "run")
    assert not (folder / "run").exists()
    return caught.value.message


def test_an_opa_that_dies_at_its_start(make: Callable[..., Sidecar], folder: Path) -> None:
    message = _start_fails(make, folder, 'echo "error: config error: no" >&2; exit 1')
    assert message == "OPA does not start: OPA ended with code 1: config error: no"


def test_an_opa_that_dies_in_silence(make: Callable[..., Sidecar], folder: Path) -> None:
    assert "it said nothing" in _start_fails(make, folder, "exit 3")


def test_an_opa_that_answers_nothing(make: Callable[..., Sidecar], folder: Path) -> None:
    message = _start_fails(make, folder, "exec sleep 60")
    assert message == "OPA was not ready within 1.5 s"


def test_an_opa_that_does_not_end_when_asked(make: Callable[..., Sidecar], folder: Path) -> None:
    body = "trap '' TERM; while :; do sleep 1; done"
    assert "not ready" in _start_fails(make, folder, body)


def test_an_opa_that_does_not_understand_its_configuration(
    make: Callable[..., Sidecar], folder: Path
) -> None:
    line = r'{"level":"warning","msg":"unknown configuration option \"bundels\" encountered"}'
    message = _start_fails(make, folder, f"echo '{line}'; exec sleep 60")
    assert 'unknown configuration option "bundels"' in message


def test_an_opa_that_cannot_be_started(make: Callable[..., Sidecar], folder: Path) -> None:
    (folder / "opa").write_text("no program")
    with pytest.raises(UnavailableError, match="OPA"), make(program=folder / "opa"):
        pass
    assert not (folder / "run").exists()


def test_a_folder_with_blanks_and_signs(opa: Path, folder: Path, signer: Signer) -> None:
    socket_path = folder / "a b#c?d%20" / "opa.sock"
    settings = SidecarSettings(opa, socket_path)
    with Sidecar(signer.verified("r1", "a"), signer.keys, settings) as sidecar:
        assert sidecar.point.decide(ASKED).allow
