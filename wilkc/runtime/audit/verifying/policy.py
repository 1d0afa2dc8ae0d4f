"""Trust policies: which witnesses must have cosigned a checkpoint. Layer: runtime. Pure.

Source: https://c2sp.org/tlog-policy. Names are opaque bytes there; read as Latin-1 each byte
is one character, so that equal text means equal bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.cosignature import WitnessKey, parse_witness_key
from wilkc.runtime.keys import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wilkc.runtime.audit.note import Note

MAX_POLICY_BYTES: Final = 1 << 20
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[ \t]+")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which so many must have witnessed."""

    needed: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """A policy as read.

    Attributes:
        logs: keys of which one must have signed; empty where the log is known otherwise.
        witnesses: by name.
        groups: by name.
        quorum: name of a witness or group, or `none`.
    """

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, WitnessKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    _used: set[str] = field(default_factory=set)

    def cosigners(self, note: Note) -> dict[str, int]:
        """The names of the witnesses that cosigned a checkpoint, and when each last did.

        Raises:
            VerificationError: a line claims to be a witness's and does not verify.
        """
        times = {name: key.cosigned(note) for name, key in self.witnesses.items()}
        return {name: time for name, time in times.items() if time is not None}

    def satisfied(self, cosigners: Collection[str]) -> bool:
        """Whether these witnesses are the quorum."""
        return self.quorum == NONE or self._witnessed(str(self.quorum), frozenset(cosigners))

    def satisfied_since(self, cosigners: Mapping[str, int]) -> int | None:
        """The latest time at or after which a whole quorum cosigned; None for no quorum."""
        for time in sorted(set(cosigners.values()), reverse=True):
            if self.satisfied([name for name, at in cosigners.items() if at >= time]):
                return time
        return None

    def signed_by_log(self, note: Note, known: list[VerifierKey]) -> bool:
        """Whether a listed log signed, or where none is listed, a key known to be the log's.

        Raises:
            VerificationError: a line claims to be such a key's and does not verify.
        """
        signed = {(line.name, line.id) for line in note.signatures}
        found = [key for key in self.logs or known if (key.name, key.id) in signed]
        for key in found:
            note.require(key)
        return bool(found)

    def _witnessed(self, name: str, cosigners: frozenset[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigners
        return sum(self._witnessed(one, cosigners) for one in group.members) >= group.needed

    def take(self, words: list[str]) -> None:
        """Take one line in."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._add_log(vkey)
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._add_witness(name, vkey)
            case ["group", name, needed, *members] if members:
                self._add_group(name, needed, tuple(members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise ValueError("there is a second quorum")
                if name != NONE:
                    self._require_known(name)
                self.quorum = name
            case _:
                raise ValueError("it is no line of a policy")

    def _add_log(self, vkey: str) -> None:
        key = parse_verifier_key(_as_text(vkey))
        if any(one.public == key.public for one in self.logs):
            raise ValueError("the log is listed twice")
        self.logs.append(key)

    def _add_witness(self, name: str, vkey: str) -> None:
        self._require_new(name)
        key = parse_witness_key(_as_text(vkey))
        if any(one.public == key.public for one in self.witnesses.values()):
            raise ValueError("the witness is listed twice")
        self.witnesses[name] = key

    def _add_group(self, name: str, needed: str, members: tuple[str, ...]) -> None:
        self._require_new(name)
        for member in members:
            self._require_known(member)
            if member in self._used:
                raise ValueError(f"`{member}` is a member twice")
            self._used.add(member)
        count = {"any": "1", "all": str(len(members))}.get(needed, needed)
        if not _NUMBER.fullmatch(count) or int(count) > len(members):
            raise ValueError(f"`{needed}` is no number of members")
        self.groups[name] = Group(int(count), members)

    def _require_new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise ValueError(f"`{name}` is taken")

    def _require_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise ValueError(f"`{name}` is not defined above")


def parse_policy(data: bytes) -> Policy:
    """Read a policy.

    Raises:
        VerificationError: it is malformed; the message names the line.
    """
    text = data.decode("latin-1")
    if len(data) > MAX_POLICY_BYTES or _FORBIDDEN.search(text):
        raise VerificationError("the policy is too long or holds control characters")
    if text and not text.endswith("\n"):
        raise VerificationError("the policy's last line does not end")
    policy = Policy()
    for number, line in enumerate(text.split("\n"), start=1):
        words = [word for word in _BLANKS.split(line) if word]
        if words and not words[0].startswith("#"):
            try:
                policy.take(words)
            except ValueError as error:
                raise VerificationError(f"line {number} of the policy: {error}") from error
    if policy.quorum is None:
        raise VerificationError("the policy has no quorum")
    return policy


def _as_text(word: str) -> str:
    """A verifier key as notes write it, which is UTF-8."""
    return word.encode("latin-1").decode("utf-8")
