"""Grants as documents among the sources of a bundle. Layer: cli; no input or output.

Every grant has a file of its own. The sources that the bundle in force carries say which
grants there are; the folder on disk is a copy, for people and for the next release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.errors import UsageError, WilkError
from wilkc.spec import Grant, instant_text, moment_of, read_specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

State = Literal["active", "ended", "revoked"]
SUFFIX: Final = ".yaml"
MAX_REASON: Final = 500
"""Characters of a reason."""
_MAYBE: Final = (b"grant", b"\\")
"""What a file with a grant holds: the key, or an escape that may spell it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A grant where it stands.

    Attributes:
        grant: what it says.
        file: name of its file.
        line: of what it allows.
        alone: whether nothing else stands in that file.
    """

    grant: Grant
    file: str
    line: int
    alone: bool

    def state(self, now: datetime) -> State:
        """What has become of it by a time."""
        if self.grant.revoked is not None:
            return "revoked"
        return "ended" if moment_of(self.grant.until) <= now else "active"


def grants_in(sources: Mapping[str, bytes]) -> tuple[Held, ...]:
    """The grants among sources, by their beginning."""
    likely = {file: text for file, text in sources.items() if any(one in text for one in _MAYBE)}
    documents = read_specs(likely).documents
    found = [
        Held(
            document.model,
            document.file,
            document.where(("grant", "allow")).line,
            sum(other.file == document.file for other in documents) == 1,
        )
        for document in documents
        if isinstance(document.model, Grant)
    ]
    return tuple(sorted(found, key=lambda held: (held.grant.since, held.grant.id)))


def grant_text(grant: Grant) -> bytes:
    """The file of a grant.

    Raises:
        WilkError: it would not be read as it was meant: a defect of Wilk.
    """
    fields = grant.model_dump(exclude_none=True)
    lines = ["grant:", *(f"  {name}: {_quoted(value)}" for name, value in fields.items())]
    text = ("\n".join(lines) + "\n").encode()
    if [held.grant for held in grants_in({SUFFIX: text})] != [grant]:
        raise WilkError(f"the grant `{grant.id}` is not read as it was written")
    return text


def _quoted(text: str) -> str:
    """A text in single quotes, in which YAML 1.1 (section 5.7) knows no escape but `''`."""
    return "'" + text.replace("'", "''") + "'"


def without_ended(
    sources: Mapping[str, bytes], now: datetime
) -> tuple[dict[str, bytes], tuple[Held, ...]]:
    """The sources without the grants whose time is over, and those; revoked ones wait for it."""
    over = tuple(
        held for held in grants_in(sources) if held.alone and moment_of(held.grant.until) <= now
    )
    gone = {held.file for held in over}
    return {file: text for file, text in sources.items() if file not in gone}, over


def with_revoked(
    sources: Mapping[str, bytes], wanted: Iterable[Held], now: datetime
) -> dict[str, bytes]:
    """The sources with these grants taken back.

    Raises:
        UsageError: one of them stands in a file with other documents.
    """
    changed = dict(sources)
    for held in wanted:
        if not held.alone:
            raise UsageError(
                f"the grant `{held.grant.id}` stands with other documents in `{held.file}`",
                help_text="take it out by hand, and release the rest",
            )
        revoked = held.grant.model_copy(update={"revoked": instant_text(now)})
        changed[held.file] = grant_text(revoked)
    return changed


def differing(sources: Mapping[str, bytes], on_disk: Mapping[str, bytes]) -> Iterator[str]:
    """Files on disk that are not as they are among the sources."""
    return (file for file, text in sorted(on_disk.items()) if sources.get(file) != text)
