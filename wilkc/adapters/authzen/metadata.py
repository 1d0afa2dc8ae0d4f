"""What the decision point says of itself. Layer: adapters (pure).

Source: OpenID AuthZEN Authorization API 1.0, "Policy Decision Point Metadata". There is no
search endpoint, which says that there is no search.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from wilkc.core.contract import Json

METADATA: Final = "/.well-known/authzen-configuration"
EVALUATION: Final = "/access/v1/evaluation"
EVALUATIONS: Final = "/access/v1/evaluations"
DEFAULT_BASE_URL: Final = "https://localhost"
MAX_PORT: Final = 65_535
_HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_BASE_URL: Final = re.compile(rf"https://(?:{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?", re.ASCII)


def metadata(base_url: str) -> dict[str, Json]:
    """The metadata document of a decision point.

    Args:
        base_url: under which callers know it: `https`, a host and maybe a port.

    Raises:
        UsageError: the URL is of another form. A caller compares it with its own, and refuses
            the whole document where they differ, so nothing is repaired.
    """
    found = _BASE_URL.fullmatch(base_url)
    if not found or int(found["port"] or 443) > MAX_PORT:
        raise UsageError(
            f"`{base_url}` is no base URL",
            help_text="write `https://` and a host, without a path: https://pdp.example.com",
        )
    return {
        "policy_decision_point": base_url,
        "access_evaluation_endpoint": base_url + EVALUATION,
        "access_evaluations_endpoint": base_url + EVALUATIONS,
    }
