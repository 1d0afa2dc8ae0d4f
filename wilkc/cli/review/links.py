"""Addresses of lines on the web. Layer: cli."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from wilkc.cli.versions import Version
    from wilkc.core.contract import RuleRef

_FIELDS: Final = re.compile(r"\{(\w*)\}")
_KNOWN: Final = frozenset({"file", "line", "rev"})
_SCHEMES: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the address of a line from a template.

    Attributes:
        template: with `{file}`, `{line}` and perhaps `{rev}`; empty makes no addresses.
        before: the old version.
        after: the new version.

    A template without `{rev}` leads to one version's files, those of the new one; with it, a
    version without a commit, as the working files are, has no addresses.
    """

    template: str
    before: Version
    after: Version

    def __post_init__(self) -> None:
        """Refuse a template that makes no addresses.

        Raises:
            UsageError: says what is wrong with it.
        """
        if not self.template:
            return
        advice = "write it like `https://example.org/blob/{rev}/{file}#L{line}`"
        if not self.template.startswith(_SCHEMES) or not self.template.isprintable():
            raise UsageError("`--link-base` is no web address", help_text=advice)
        unknown = sorted(set(_FIELDS.findall(self.template)) - _KNOWN)
        if unknown or "{file}" not in self.template:
            what = f"knows no `{{{unknown[0]}}}`" if unknown else "has no `{file}`"
            raise UsageError(f"`--link-base` {what}", help_text=advice)

    def old(self, rule: RuleRef) -> str:
        """The address of a line of the old version, or empty."""
        return self._link(rule, self.before) if "{rev}" in self.template else ""

    def new(self, rule: RuleRef) -> str:
        """The address of a line of the new version, or empty."""
        return self._link(rule, self.after)

    def _link(self, rule: RuleRef, version: Version) -> str:
        if not self.template or ("{rev}" in self.template and not version.commit):
            return ""
        path = posixpath.normpath(posixpath.join(version.top, rule.file))
        values = {"file": quote(path, safe="/"), "line": str(rule.line), "rev": version.commit}
        return _FIELDS.sub(lambda found: values[found[1]], self.template)
