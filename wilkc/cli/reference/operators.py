"""The page of what needs an operator. Layer: cli (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.cli.privileges import ACTIVATE, OPEN, PRIVILEGED

if TYPE_CHECKING:
    from wilkc.cli.privileges import Privilege

_HEAD: Final = """\
# What needs an operator

<!-- Written by `make reference`; edit the table in `wilkc/cli/privileges.py` instead. -->

Where operators are named (`docs/identity.md`), these commands ask before they do anything. In the
operators' policy each is an entry of `permissions.system.config`.

| command | operation | lets somebody |
|---|---|---|
"""
_OPTIONS: Final = {"subject": " --subject", "opening": " --open"}
_OPEN: Final = """
Commands that ask nobody, and why; one that stands in neither table is asked about by its name,
such as `wilk.audit.verify`.

| commands | each of them |
|---|---|
"""


def operators_page() -> str:
    """Every command, with what it needs or why it needs nothing."""
    rows = [_row(name, one) for name, needs in PRIVILEGED.items() for one in needs]
    rows.append(_row("serve", ACTIVATE))
    reasons: dict[str, list[str]] = {}
    for command, reason in OPEN.items():
        reasons.setdefault(reason, []).append(f"`{command}`")
    free = [f"| {', '.join(commands)} | {reason} |" for reason, commands in reasons.items()]
    return _HEAD + "\n".join(rows) + "\n" + _OPEN + "\n".join(free) + "\n"


def _row(command: str, one: Privilege) -> str:
    words = command + _OPTIONS.get(one.given, "")
    return f"| `wilkc {words}` | `{one.action}` on `{one.operation}` | {one.what} |"
