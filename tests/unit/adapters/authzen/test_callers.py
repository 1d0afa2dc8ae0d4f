"""Callers with credentials: who is let in, what each may ask, and ports that are never opened."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.authzen import EVALUATION, EVALUATIONS, JSON
from tests.unit.runtime.alerts.authority import Authority
from wilkc.adapters.authzen import Address, AuthzenServer, AuthzenSettings, Service
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.tls import Certificate, ServerTls, client_context
from wilkc.identity import PUBLIC_MESSAGE, Failure, Identity, create_identity

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

LOCAL = "127.0.0.1"


@pytest.fixture
def told() -> list[Failure]:
    return []


@pytest.fixture
def identity(tmp_path: Path, told: list[Failure]) -> Iterator[Identity]:
    folder = tmp_path / "identity"
    create_identity(folder)
    made = Identity(folder, tell=told.append)
    yield made
    made.close()


@pytest.fixture
def port(service: Service, identity: Identity) -> Iterator[int]:
    settings = AuthzenSettings(None, identity=identity, address=Address(LOCAL, 0))
    with AuthzenServer(service, settings) as server:
        yield server.port


def _question(agent: str = "reviewer", action: str = "read") -> dict[str, Any]:
    return {
        "subject": {"type": "agent", "id": agent, "properties": {"roles": ["admin"]}},
        "action": {"name": action},
        "resource": {"type": "file", "id": "./a"},
    }


def _ask(
    port: int, body: Any, *credentials: str, path: str = EVALUATION,
    context: ssl.SSLContext | None = None,
) -> tuple[int, Any]:  # fmt: skip
    if context is None:
        connection = http.client.HTTPConnection(LOCAL, port, timeout=30)
    else:
        connection = http.client.HTTPSConnection(LOCAL, port, timeout=30, context=context)
    data = json.dumps(body).encode()
    # Also where the server ends the connection while the request is being sent.
    with closing(connection):
        connection.putrequest("POST", path)
        for name, value in {**JSON, "Content-Length": str(len(data))}.items():
            connection.putheader(name, value)
        for credential in credentials:
            connection.putheader("Authorization", credential)
        connection.endheaders(data)
        with connection.getresponse() as response:
            text = response.read()
            return response.status, (json.loads(text) if text[:1] == b"{" else text.decode())


def test_a_caller_asks_for_whom_and_what_the_credential_says(port: int, identity: Identity) -> None:
    _, key = identity.api_keys.create("reviewer", ["file:read"], acts_for=["helper-*"])
    for agent, action, detail in (
        ("reviewer", "read", None),
        ("helper-1", "read", None),
        ("other", "read", "agent_not_of_credential"),
        ("reviewer", "write", "outside_credential"),
    ):
        status, answer = _ask(port, _question(agent, action), f"Bearer {key}")
        assert status == 200
        if detail is None:
            assert answer["context"]["detail"] not in {
                "agent_not_of_credential", "outside_credential",
            }  # fmt: skip
        else:
            assert answer["decision"] is False
            assert answer["context"]["detail"] == detail


def test_each_of_several_is_judged_by_the_credential(port: int, identity: Identity) -> None:
    _, key = identity.api_keys.create("reviewer", ["file:read"])
    body = {"evaluations": [_question(), _question("other"), _question(action="write")]}
    status, answer = _ask(port, body, f"Bearer {key}", path=EVALUATIONS)
    assert status == 200
    details = [one["context"]["detail"] for one in answer["evaluations"]]
    assert details[1:] == ["agent_not_of_credential", "outside_credential"]
    assert details[0] not in details[1:]


def test_a_revoked_agent_is_denied_to_who_asks_for_it(port: int, identity: Identity) -> None:
    _, key = identity.api_keys.create("front", ["*:*"], acts_for=["*"])
    before = _ask(port, _question("helper"), f"Bearer {key}")[1]["context"]["detail"]
    identity.revocations.revoke("agent", "helper")
    answer = _ask(port, _question("helper"), f"Bearer {key}")[1]
    assert (answer["decision"], answer["context"]["detail"]) == (False, "agent_revoked")
    assert before != "agent_revoked"


def test_without_a_credential_nobody_asks(
    port: int, identity: Identity, told: list[Failure]
) -> None:
    _, key = identity.api_keys.create("reviewer", ["file:read"])
    odd: list[tuple[str, ...]] = [(), ("Bearer x",), (f"Basic {key}",)]
    for credentials in odd:
        status, answer = _ask(port, _question(), *credentials)
        assert (status, answer) == (401, PUBLIC_MESSAGE)
    assert [one.detail for one in told] == ["credential_malformed"] * 3
    assert {one.source for one in told} == {LOCAL}
    assert _ask(port, _question(), f"Bearer {key}")[0] == 200


def test_two_credentials_are_none(port: int, identity: Identity) -> None:
    _, key = identity.api_keys.create("reviewer", ["file:read"])
    assert _ask(port, _question(), f"Bearer {key}", "Bearer x")[0] == 401
    assert _ask(port, _question(), f"Bearer {key}", f"Bearer {key}")[0] == 401


def test_a_revoked_key_asks_nothing_more(port: int, identity: Identity) -> None:
    made, key = identity.api_keys.create("reviewer", ["file:read"])
    assert _ask(port, _question(), f"Bearer {key}")[0] == 200
    identity.revocations.revoke("key", made.id)
    assert _ask(port, _question(), f"Bearer {key}")[0] == 401


def test_a_record_that_fails_lets_nobody_in(
    service: Service, identity: Identity, logged: list[str]
) -> None:
    def fail(failure: Failure) -> None:
        raise UnavailableError(f"no record: {failure.detail}")

    identity._tell = fail
    settings = AuthzenSettings(
        None, log=logged.append, identity=identity, address=Address(LOCAL, 0)
    )
    with AuthzenServer(service, settings) as server:
        assert _ask(server.port, _question(), "Bearer x")[0] == 500
    assert "no record" in logged[0]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_client_with_a_certificate_asks_over_tls(
    service: Service, authority: Authority, tmp_path: Path
) -> None:
    clients, shown = Authority(tmp_path, "clients"), authority.issue(LOCAL)
    tls = ServerTls(Certificate(shown, shown), clients.ca_file)
    settings = AuthzenSettings(None, address=Address(LOCAL, 0, tls, knows_clients=True))
    known = clients.issue("front.example", client=True)
    with AuthzenServer(service, settings) as server:
        context = client_context(str(authority.ca_file), Certificate(known, known))
        assert _ask(server.port, _question(), context=context)[0] == 200
        with pytest.raises(OSError, match=r"alert|closed|reset|EOF"):
            _ask(server.port, _question(), context=client_context(str(authority.ca_file)))
        with pytest.raises((OSError, http.client.HTTPException)):
            _ask(server.port, _question())


def test_a_port_is_never_open_to_anybody(
    service: Service, authority: Authority, identity: Identity, folder: Path
) -> None:
    shown = authority.issue(LOCAL)
    tls = ServerTls(Certificate(shown, shown))
    refused = [
        AuthzenSettings(None, address=Address(LOCAL, 0)),
        AuthzenSettings(None, address=Address(LOCAL, 0, tls)),
        AuthzenSettings(None, address=Address("10.0.0.1", 0), identity=identity),
        AuthzenSettings(None, address=Address("0.0.0.0", 0), identity=identity),  # noqa: S104
        AuthzenSettings(None, address=Address("::", 0), identity=identity),
        AuthzenSettings(folder / "a.sock", address=Address(LOCAL, 0), identity=identity),
        AuthzenSettings(None),
    ]
    for settings in refused:
        with pytest.raises(UsageError):
            AuthzenServer(service, settings)
