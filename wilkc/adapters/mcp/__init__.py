"""MCP between a client and a server, each message decided. Room: adapters."""

from wilkc.adapters.mcp.child import SHARED, run_beside, scrubbed
from wilkc.adapters.mcp.filter import Filter
from wilkc.adapters.mcp.gate import Gate
from wilkc.adapters.mcp.listing import Listing
from wilkc.adapters.mcp.naming import check_server
from wilkc.adapters.mcp.stdio import ANSWER_SECONDS, Patience, StdioSession

__all__ = [
    "ANSWER_SECONDS",
    "SHARED",
    "Filter",
    "Gate",
    "Listing",
    "Patience",
    "StdioSession",
    "check_server",
    "run_beside",
    "scrubbed",
]
