"""Which command needs which operation, where operators are named. Layer: cli. Pure.

The one table of it: `guarding` asks by it, the guide prints it, and a test compares it with the
commands that there are. A command that stands nowhere here is asked about as well, by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Privilege:
    """An operation that a command needs.

    Attributes:
        operation: its name, a resource of type `system`.
        what: what it lets somebody do, for the guide.
        reads: whether it changes nothing but the record of it.
        given: the parameter by which the command needs it; empty for always.
        spared: the parameter by which the command does not do it, but prints; empty for none.
    """

    operation: str
    what: str
    reads: bool = False
    given: str = ""
    spared: str = ""

    @property
    def action(self) -> str:
        """The action that stands for it in a policy."""
        return "config.read" if self.reads else "config.modify"

    def is_needed(self, parameters: Mapping[str, Any]) -> bool:
        """Whether a command with these parameters needs it."""
        if self.spared and parameters.get(self.spared) is not None:
            return False
        # An empty text is given, too.
        value = parameters.get(self.given)
        return not self.given or not (value is None or value is False)


ACTIVATE: Final = Privilege("wilk.serve.activate", "put a bundle in force, the first and each new")
"""Asked by the service itself, for each bundle."""

PRIVILEGED: Final[dict[str, tuple[Privilege, ...]]] = {
    "audit ack": (Privilege("wilk.audit.ack", "say that an alert is looked after"),),
    "audit backup": (Privilege("wilk.audit.backup", "copy the log", reads=True),),
    "audit export": (Privilege("wilk.audit.export", "copy records in other forms", reads=True),),
    "audit hold place": (Privilege("wilk.audit.hold.place", "hold records"),),
    "audit hold release": (Privilege("wilk.audit.hold.release", "end a hold"),),
    "audit housekeeping": (
        Privilege("wilk.audit.housekeeping", "prune, expire and rotate what is due",
                  spared="printed"),
    ),
    "audit keep": (
        Privilege("wilk.audit.keep", "the same every hour, and tell people; `serve --audit` does"),
    ),
    "audit prune": (Privilege("wilk.audit.prune", "prune what is past its time"),),
    "audit query": (
        Privilege("wilk.audit.query", "find records about a person", reads=True, given="subject"),
        Privilege("wilk.audit.open", "read what is sealed", reads=True, given="opening"),
    ),
    "audit replay": (Privilege("wilk.audit.replay", "ask sealed requests again", reads=True),),
    "audit report": (Privilege("wilk.audit.report", "report on people and agents", reads=True),),
    "audit review": (Privilege("wilk.audit.review", "say what came of a violation"),),
    "audit ship": (Privilege("wilk.audit.ship", "ship the log elsewhere"),),
    "audit shred": (Privilege("wilk.audit.shred", "erase a person"),),
    "audit subject": (
        Privilege("wilk.audit.subject", "learn what stands for a person", reads=True),
    ),
    "grant": (Privilege("wilk.grant", "allow something for a while"),),
    "identity create-key": (Privilege("wilk.identity.create-key", "let somebody in"),),
    "identity fleet": (
        Privilege("wilk.identity.fleet", "share what is revoked with other hosts"),
    ),
    "identity issuer": (Privilege("wilk.identity.issuer", "let an identity issue tokens"),),
    "identity restore": (Privilege("wilk.identity.restore", "lift a revocation"),),
    "identity revoke": (
        Privilege("wilk.identity.revoke",
                  "revoke a key, token, session, family, principal or agent"),
    ),
    "identity rotate": (Privilege("wilk.identity.rotate", "replace API keys"),),
    "identity rotate-issuer": (
        Privilege("wilk.identity.rotate-issuer", "replace the key that signs tokens"),
    ),
    "keys confirm-destroyed": (
        Privilege("wilk.keys.confirm-destroyed", "say that a copy of the keys is gone"),
    ),
    "keys export": (Privilege("wilk.keys.export", "copy the keys of a log"),),
    "keys rotate": (Privilege("wilk.keys.rotate", "replace and destroy the keys of a log"),),
    "learn": (Privilege("wilk.learn", "propose specs for sealed requests", reads=True),),
    "revoke": (Privilege("wilk.revoke", "take grants back"),),
    "serve": (Privilege("wilk.serve", "serve decisions", spared="printed"),),
}  # fmt: skip
"""A command to the operations it needs, each for itself."""

_BY_REASON: Final[dict[str, tuple[str, ...]]] = {
    "works on files of its caller, and touches nothing that is in force": (
        "build", "check", "completion", "diff", "doctor", "explain", "fmt", "import", "init",
        "prove", "rules", "schema", "test", "hook", "hook install", "hook status",
        "hook uninstall",
    ),
    "asks the policy in force, which decides": (
        "authzen", "decide", "mcp", "mcp-http", "run", "status",
    ),
    "verifies, and shows nothing that is sealed": (
        "audit proof", "audit restore-check", "audit verify", "audit verify-proof", "plugin verify",
        "verify", "verify-host",
    ),
    "lists names and times, nothing that is sealed and no secret": (
        "audit alerts", "audit hold list", "audit show", "audit tail", "grants", "identity list",
        "identity session list", "keys list",
    ),
    "acts for whoever shows a credential, and gives no more than that": (
        "identity session end", "identity session open", "identity token issue",
        "identity token refresh", "identity token revoke", "identity token show",
    ),
    "only adds facts that the log itself shows": ("audit detect",),
    "makes something that nobody relies on yet": (
        "audit init", "audit witness-key", "identity init", "keys generate", "plugin key",
    ),
    "is guarded by a key or a passphrase that its caller must hold": (
        "audit recover", "audit witness", "keys restore", "plugin sign", "sign",
    ),
}  # fmt: skip

OPEN: Final[dict[str, str]] = {
    command: reason for reason, commands in _BY_REASON.items() for command in commands
}
"""A command that needs no operation, to why."""


def needed(command: str, parameters: Mapping[str, Any]) -> tuple[Privilege, ...]:
    """The operations that a command needs.

    Args:
        command: its words, without the program's name.
        parameters: by name, as they were understood.
    """
    if command in OPEN:
        return ()
    unknown = (Privilege(f"wilk.{command.replace(' ', '.')}", "stands in no table"),)
    wanted = PRIVILEGED.get(command, unknown)
    return tuple(one for one in wanted if one.is_needed(parameters))
