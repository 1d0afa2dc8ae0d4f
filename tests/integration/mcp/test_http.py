"""The HTTP form between clients and servers, honest ones and others."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket as sockets
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from mcp import Client, MCPError

from tests.integration.mcp.conftest import SECONDS
from tests.integration.mcp.http_server import HandMade, events, result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.mcp.conftest import Site
    from tests.integration.mcp.http_server import Answer

SERVER = Path(__file__).with_name("sdk_server.py")
META = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
ERAS: list[tuple[Literal["auto", "legacy"], str]] = [
    ("auto", "2026-07-28"),
    ("legacy", "2025-11-25"),
]


@contextmanager
def _front(site: Site, upstream: str, *words: str, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """Where the command serves: a port, or the path of a socket."""
    program = [sys.executable, "-m", "wilkc.cli.main", "mcp-http", *site.options()]
    process = subprocess.Popen(
        [*program, "--listen", listen, "--upstream", upstream, *words],
        env=site.variables(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"ready  (?:127\.0\.0\.1 port (\d+)|(/.+))\n", line)
        assert found is not None, line
        yield found[1] or found[2]
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def _exchange(where: str, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """What comes back to bytes sent as they are."""
    family = sockets.AF_UNIX if where.startswith("/") else sockets.AF_INET
    address: Any = where if where.startswith("/") else ("127.0.0.1", int(where))
    with sockets.socket(family) as end:
        end.settimeout(SECONDS)
        end.connect(address)
        end.sendall(data)
        heard = b""
        while piece := end.recv(65_536):
            heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def _post(where: str, body: Any, *more: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    host = "localhost" if where.startswith("/") else f"127.0.0.1:{where}"
    told = {
        "Host": host,
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Content-Length": str(len(data)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    return _exchange(
        where, "\r\n".join(["POST /mcp HTTP/1.1", *lines, *more, "", ""]).encode() + data
    )


def _call(name: str, identity: int = 1, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": identity, "method": "tools/call", "params": params}


def _code(body: bytes) -> int:
    found: int = json.loads(body)["error"]["code"]
    return found


@pytest.fixture
def hand_made() -> Iterator[HandMade]:
    """A server that answers with what it was asked."""
    with HandMade(lambda asked: result(asked, params=asked.get("params", {}))) as made:
        yield made


def test_calls_are_decided_on_the_body(site: Site, hand_made: HandMade) -> None:
    with _front(site, hand_made.url) as where:
        status, headers, body = _post(where, _call("search", query="x"))
        assert (status, headers["content-type"]) == (200, "application/json")
        assert json.loads(body)["result"]["params"]["name"] == "search"
        status, _, body = _post(where, _call("delete_all"))
        assert (status, _code(body)) == (200, -32001)
        # Headers of whoever routes by them; the body is what is judged.
        modern = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call"}
        call = _call("search")
        call["params"] |= META
        status, _, body = _post(where, call, **modern, Mcp_Name="search")
        assert status == 200
        for wrong in ({"Mcp_Name": "limited"}, {}, {"Mcp_Name": "search", "Mcp_Method": "ping"}):
            status, _, body = _post(where, call, **{**modern, **wrong})
            assert (status, _code(body)) == (400, -32020)
    names = [json.loads(body)["params"]["name"] for _, _, body in hand_made.asked]
    assert names == ["search", "search"]
    assert hand_made.asked[1][1]["mcp-name"] == "search"


@pytest.mark.parametrize(
    "more",
    [
        ["Content-Length: 5"],
        ["Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity"],
        ["Mcp-Name: a", "Mcp-Name: b"],
        ["Host: evil.example"],
        ["Origin: https://evil.example"],
        ["X: y\r\n folded"],
    ],
)
def test_what_two_readers_read_differently_reaches_nobody(
    site: Site, hand_made: HandMade, more: list[str]
) -> None:
    with _front(site, hand_made.url) as where:
        assert _post(where, _call("search"), *more)[0] in {400, 403}
        second = b"POST /mcp HTTP/1.1\r\nHost: x\r\n\r\n"
        assert _post(where, json.dumps(_call("search")).encode() + second)[0] == 400
    assert hand_made.asked == []


def test_one_request_and_no_second_on_a_connection(site: Site, hand_made: HandMade) -> None:
    body = json.dumps(_call("search")).encode()
    more = json.dumps(_call("delete_all")).encode()
    with _front(site, hand_made.url) as where:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{where}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        assert _exchange(where, head + body + head + more)[0] == 200
        chunked = head.replace(
            f"Content-Length: {len(body)}".encode(), b"Transfer-Encoding: chunked"
        )
        pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        assert _exchange(where, chunked + pieces + head + more)[0] == 200
        assert (
            _exchange(where, chunked + pieces.replace(b"0\r\n\r\n", b"0\r\nMcp-Name: x\r\n\r\n"))[0]
            == 400
        )
    assert len(hand_made.asked) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"\xff", -32700),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32700),
        (json.dumps([_call("search")]).encode(), -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/execute"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', -32602),
    ],
)
def test_bodies_that_say_no_message(
    site: Site, hand_made: HandMade, body: bytes, code: int
) -> None:
    with _front(site, hand_made.url) as where:
        status, _, answer = _post(where, body)
    assert (status in {400, 404}, _code(answer)) == (True, code)
    assert hand_made.asked == []


def _tools(asked: dict[str, Any]) -> dict[str, Any]:
    tools = [{"name": name} for name in ("search", "delete_all")]
    return {"jsonrpc": "2.0", "id": asked["id"], "result": {"tools": tools}}


def _as_json(asked: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(_tools(asked)).encode()


def _as_events(asked: dict[str, Any]) -> Answer:
    progress = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}
    evil = {"jsonrpc": "2.0", "method": "notifications/evil", "params": {}}
    sampling = {"jsonrpc": "2.0", "id": 5, "method": "sampling/createMessage", "params": {}}
    other = {**_tools(asked), "id": 99}
    return events(progress, evil, b"garbage", sampling, other, _tools(asked), _tools(asked))


@pytest.mark.parametrize("answer", [_as_json, _as_events])
def test_lists_are_shortened_in_either_form(site: Site, answer: Any) -> None:
    with HandMade(answer) as server, _front(site, server.url) as where:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        status, _, body = _post(where, asked, Mcp_Session_Id="s1")
        told = [
            json.loads(line.removeprefix("data: "))
            for line in body.decode().splitlines()
            if line.startswith(("data: ", "{"))
        ]
        (shown,) = [one["result"]["tools"] for one in told if "result" in one]
        assert (status, shown) == (200, [{"name": "search"}])
        methods = [one["method"] for one in told if "method" in one]
        if answer is _as_events:
            assert methods == ["notifications/progress"]
            refused = json.loads(server.asked[-1][2])
            assert (refused["id"], refused["error"]["code"]) == (5, -32601)
            assert server.asked[-1][1]["mcp-session-id"] == "s1"


def test_a_client_that_goes_cancels_what_it_asked(site: Site) -> None:
    progress = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}
    with (
        HandMade(lambda _: events(progress, **{"X-Hold": "1"})) as server,
        _front(site, server.url) as where,
        sockets.create_connection(("127.0.0.1", int(where))) as end,
    ):
        body = json.dumps(_call("search")).encode()
        end.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        end.settimeout(SECONDS)
        heard = b""
        while b"progress" not in heard:
            heard += end.recv(65_536)
        end.close()
        deadline = time.monotonic() + SECONDS
        while not [one for one in site.records() if one["phase"] == "outcome"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    (ended,) = [one for one in site.records() if one["phase"] == "outcome"]
    assert ended["result"]["status"] == "failure"


def test_an_answer_that_does_not_come_is_given_up(site: Site) -> None:
    with (
        HandMade(lambda _: events(**{"X-Hold": "1"})) as server,
        _front(site, server.url, "--answer-timeout", "1") as where,
    ):
        status, _, body = _post(where, _call("search"))
    assert status == 200
    assert b"-32603" in body


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<p>"),
        (200, {"Content-Type": "application/json"}, b"{"),
        (200, {"Content-Type": "application/json"}, b'{"jsonrpc":"2.0","id":9,"result":{}}'),
        (301, {"Location": "http://evil.example/"}, b""),
        (200, {}, b""),
    ],
)
def test_an_answer_that_is_none_is_withheld(site: Site, answer: Answer) -> None:
    with HandMade(lambda _: answer) as server, _front(site, server.url) as where:
        status, headers, body = _post(where, _call("search"))
    assert (status, _code(body)) == (502, -32603)
    assert "location" not in headers
    assert len(server.asked) == 1


def test_no_server_is_a_bad_gateway(site: Site) -> None:
    with _front(site, "http://127.0.0.1:9/mcp") as where:
        status, _, body = _post(where, _call("search"))
    assert (status, _code(body)) == (502, -32603)


def test_a_token_is_asked_for_and_kept(site: Site, hand_made: HandMade, tmp_path: Path) -> None:
    token = "0123456789abcdef" * 2
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(0o600)
    with _front(site, hand_made.url, "--token-file", str(file)) as where:
        assert _post(where, _call("search"))[0] == 401
        assert _post(where, _call("search"), Authorization=f"Bearer {token}x")[0] == 401
        assert _post(where, _call("search"), Authorization=f"Bearer {token}")[0] == 200
    # The token is for the filter; the server behind it never sees it.
    assert "authorization" not in hand_made.asked[0][1]


def test_a_unix_socket_is_for_its_owner(site: Site, hand_made: HandMade) -> None:
    with tempfile.TemporaryDirectory(prefix="wilk-") as folder:
        path = Path(folder) / "run" / "mcp.sock"
        with _front(site, hand_made.url, listen=f"unix:{path}") as where:
            assert stat.S_IMODE(os.stat(where).st_mode) == 0o600  # noqa: PTH116  # beside it
            assert _post(where, _call("search"))[0] == 200
            assert _code(_post(where, _call("delete_all"))[2]) == -32001
        assert not path.exists()


def test_a_session_is_passed_on_and_ended(site: Site, hand_made: HandMade) -> None:
    with _front(site, hand_made.url) as where:
        head = f"HTTP/1.1\r\nHost: 127.0.0.1:{where}\r\n"
        assert _exchange(where, f"DELETE /mcp {head}Mcp-Session-Id: s\r\n\r\n".encode())[0] == 202
        assert _exchange(where, f"DELETE /mcp {head}\r\n".encode())[0] == 405
        modern = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Session-Id: s\r\n\r\n"
        assert _exchange(where, f"GET /mcp {head}{modern}".encode())[0] == 405
        # An answer to nothing that the server asked.
        status, _, _ = _post(where, {"jsonrpc": "2.0", "id": 7, "result": {}}, Mcp_Session_Id="s")
        assert status == 202
    assert [method for method, _, _ in hand_made.asked] == ["DELETE"]


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_a_session_of_the_sdk(site: Site, mode: Literal["auto", "legacy"], version: str) -> None:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(SERVER), str(port)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                sockets.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with _front(site, f"http://127.0.0.1:{port}/mcp") as where:
            asyncio.run(asyncio.wait_for(_session(where, mode, version), 120))
    finally:
        server.terminate()
        server.wait(SECONDS)


async def _session(where: str, mode: Literal["auto", "legacy"], version: str) -> None:
    async with Client(f"http://127.0.0.1:{where}/mcp", mode=mode) as client:
        assert client.protocol_version == version
        tools = [one.name for one in (await client.list_tools()).tools]
        assert tools == ["search", "limited", "confirm"]
        done = await client.call_tool("search", {"query": "x"})
        assert done.structured_content == {"result": "found x"}
        for name in ("delete_all", "unknown!"):
            with pytest.raises(MCPError) as caught:
                await client.call_tool(name, {})
            assert caught.value.error.code in {-32001, -32602}
        assert (await client.read_resource("note://today")).contents
        assert (await client.get_prompt("review", {"code": "x"})).messages
