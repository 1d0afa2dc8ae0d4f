"""All generated pages and where they stand. Layer: cli (pure).

Everything on them comes from a registry of the program, so no page can fall behind it: a
test compares them with `docs/reference`, and `make reference` writes them.
"""

from __future__ import annotations

from wilkc.cli.reference.commands import commands_page
from wilkc.cli.reference.decisions import details_page
from wilkc.cli.reference.diagnostics import diagnostics_page
from wilkc.cli.reference.operators import operators_page


def pages() -> dict[str, str]:
    """File name below `docs/reference` to its Markdown."""
    return {
        "cli.md": commands_page(),
        "details.md": details_page(),
        "diagnostics.md": diagnostics_page(),
        "operators.md": operators_page(),
    }
