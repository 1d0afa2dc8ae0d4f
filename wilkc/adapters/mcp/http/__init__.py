"""MCP by HTTP, each message decided on its body. Room: adapters."""

from wilkc.adapters.mcp.http.asked import Door
from wilkc.adapters.mcp.http.carrying import Way
from wilkc.adapters.mcp.http.front import Front
from wilkc.adapters.mcp.http.listening import Listening, read_listening
from wilkc.adapters.mcp.http.sessions import Sessions
from wilkc.adapters.mcp.http.upstream import Place, read_place

__all__ = [
    "Door",
    "Front",
    "Listening",
    "Place",
    "Sessions",
    "Way",
    "read_listening",
    "read_place",
]
