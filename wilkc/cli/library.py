"""The fixed Rego that every bundle holds, and what OPA may do with it. Layer: cli.

Apart from the compiler, as commands that compile nothing need it, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARY: Final = Path(__file__).parents[2] / "policies" / "lib"
"""The fixed Rego, beside the package."""
CAPABILITIES: Final = LIBRARY.parent / "capabilities.json"
"""The builtins that OPA may use."""


def read_library(root: Path = LIBRARY) -> Mapping[str, bytes]:
    """The fixed Rego without its tests: member name in the bundle to bytes.

    Raises:
        UsageError: the installation lacks it.
    """
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*.rego"))
        if not path.name.endswith("_test.rego")
    }
    if not files:
        raise UsageError(
            f"the fixed policy library is missing at {root}",
            help_text="install Wilk from its project folder",
        )
    return files
