"""Settings and policies of Gemini CLI become entries of a draft. Layer: importers (pure).

Read in google-gemini/gemini-cli for version 0.57: `docs/reference/policy-engine.md`,
`docs/reference/configuration.md` and `packages/core/src/policy`. Rules of all files are gathered
first, as one may take back what another allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.importers.gemini.available import Available
from wilkc.importers.gemini.merging import merge
from wilkc.importers.gemini.policies import read_policies
from wilkc.importers.gemini.settings import allowed_by_all, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.importers.draft import Draft

__all__ = ["read_gemini"]


def read_gemini(files: Mapping[str, bytes], draft: Draft) -> None:
    """Add the rules of settings files (`*.json`) and of policies (`*.toml`) together.

    Raises:
        UsageError: a file is neither, or the source itself would refuse it.
    """
    available = Available()
    rules = []
    for name, data in files.items():
        if name.endswith(".toml"):
            rules += read_policies(name, data, available)
        else:
            rules += read_settings(name, data, draft, available)
    merge([*rules, *allowed_by_all(available, draft)], available, draft)
