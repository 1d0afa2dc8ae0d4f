"""The MCP Python SDK as client and as server, in both eras, with the filter between them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.types import ElicitResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.mcp.conftest import Site

SERVER = Path(__file__).with_name("sdk_server.py")
ERAS: list[tuple[Literal["auto", "legacy"], str]] = [
    ("auto", "2026-07-28"),
    ("legacy", "2025-11-25"),
]


async def _accept(context: Any, params: Any) -> ElicitResult:
    del context, params
    return ElicitResult(action="accept", content={"sure": True})


def _client(site: Site, mode: Literal["auto", "legacy"]) -> Client:
    words = site.words(server=(sys.executable, str(SERVER)))
    parameters = StdioServerParameters(command=words[0], args=words[1:], env=site.variables())
    return Client(stdio_client(parameters), mode=mode, elicitation_callback=_accept)


async def _code(awaited: Any) -> int:
    with pytest.raises(MCPError) as caught:
        await awaited
    return caught.value.error.code


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_a_session_of_the_sdk(site: Site, mode: Literal["auto", "legacy"], version: str) -> None:
    async def talk() -> None:
        async with _client(site, mode) as client:
            assert client.protocol_version == version
            tools = [one.name for one in (await client.list_tools()).tools]
            assert tools == ["search", "limited", "confirm"]
            assert [one.name for one in (await client.list_prompts()).prompts] == ["review"]
            assert len((await client.list_resources()).resources) == 1
            done = await client.call_tool("search", {"query": "x"})
            assert done.structured_content == {"result": "found x"}
            assert (await client.call_tool("limited", {"city": "Berlin"})).is_error is False
            assert (await client.read_resource("note://today")).contents[0].mime_type
            assert (await client.get_prompt("review", {"code": "x"})).messages
            assert await _code(client.call_tool("delete_all", {})) == -32001
            assert await _code(client.call_tool("limited", {"city": "Paris"})) == -32001
            assert await _code(client.get_prompt("other")) == -32001
            assert await _code(client.read_resource("note://today/../x")) == -32602

    asyncio.run(asyncio.wait_for(talk(), 120))
    names = [one["action"]["resource"] for one in site.records() if one["phase"] == "intent"]
    assert names[:4] == [
        "tool:mcp__s__search",
        "tool:mcp__s__limited",
        "tool:mcp-resource__s__note://today",
        "tool:mcp-prompt__s__review",
    ]


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_what_the_server_wants_of_the_person_is_decided(
    site: Site,
    mode: Literal["auto", "legacy"],
    version: str,
    grants: Callable[[str], Site],
) -> None:
    del version

    async def ask(where: Site) -> Any:
        async with _client(where, mode) as client:
            return await client.call_tool("confirm", {})

    async def refused() -> int:
        async with _client(site, mode) as client:
            return await _code(client.call_tool("confirm", {}))

    assert asyncio.run(asyncio.wait_for(refused(), 120)) in {-32001, -32601}
    permitting = grants("mcp-client__s__elicitation/create")
    done = asyncio.run(asyncio.wait_for(ask(permitting), 120))
    assert done.structured_content == {"result": "sure: True"}
