"""A server made with the MCP Python SDK: of standard streams, or of HTTP at a port."""

# The SDK reads annotations when it registers a function, so they are no texts here.
import sys
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel

server = MCPServer("weather")


@server.tool()
def search(query: str) -> str:
    """Find something."""
    return f"found {query}"


@server.tool()
def limited(city: str, days: int = 1) -> str:
    """Forecast."""
    return f"{city} {days}"


@server.tool()
def delete_all() -> str:
    """Delete everything."""
    return "gone"


class Sure(BaseModel):
    """What a person is asked."""

    sure: bool


def _ask() -> Elicit[Sure]:
    return Elicit("Are you sure?", Sure)


@server.tool()
async def confirm(answer: Annotated[Sure, Resolve(_ask)]) -> str:
    """Ask the person at the client first."""
    return f"sure: {answer.sure}"


@server.resource("note://today")
def today() -> str:
    """The note of today."""
    return "a note"


@server.prompt()
def review(code: str) -> str:
    """Ask for a review."""
    return f"review {code}"


@server.prompt()
def other() -> str:
    """Ask for something else."""
    return "other"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
