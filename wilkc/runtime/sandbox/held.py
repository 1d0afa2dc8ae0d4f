"""What of Wilk's own one call knows of, wherever it lies. Layer: runtime.

Keys, the record and the specs may lie in a workspace. A command that could change them would decide
what it may do next, sign it, and say that nothing happened; one that could replace a link on their
way would do the same.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import wilkc
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Held:
    """Places of one call, as absolute paths; links are looked at here.

    Attributes:
        hidden: what no command sees: keys, the record, counts of hits, sockets, identities.
        kept: what is read-only at most: specs, a bundle, public keys, programs of Wilk.
        journalled: databases, hidden too: who may make files beside one may change what is in it.
    """

    hidden: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    journalled: tuple[str, ...] = ()

    def real_hidden(self) -> frozenset[str]:
        """The real paths of what is hidden."""
        ends = ("", "-wal", "-shm", "-journal")
        databases = (f"{path}{end}" for path in self.journalled for end in ends)
        return frozenset(map(os.path.realpath, (*self.hidden, *databases)))

    def real_kept(self) -> frozenset[str]:
        """The real paths of what is read-only, Wilk's own programs with it."""
        return frozenset(map(os.path.realpath, (*self.kept, *_programs())))


NOTHING_HELD = Held()
"""Of a call that knows of nothing."""


def _programs() -> Iterator[str]:
    """What runs as Wilk the next time: its code, and what that is started by."""
    yield os.path.dirname(wilkc.__file__)  # noqa: PTH120  # text of any bytes
    if sys.prefix != sys.base_prefix:
        yield sys.prefix


def require_apart(held: Held, workspace: str, writable: Sequence[str]) -> None:
    """Nothing of a call's own may be where no mask can keep it.

    Args:
        held: the places.
        workspace: real path of the workspace.
        writable: real paths of directories that may be written.

    Raises:
        SandboxRefusedError: a place holds the workspace, or is reached through a link that the
            command could replace; a database lies where files may be made beside it.
    """
    for path in sorted(held.real_hidden() | held.real_kept()):
        if is_within(workspace, path):
            raise _refused(path, f"holds the workspace `{workspace}`")
        inside = next((top for top in writable if is_within(top, path)), None)
        if inside is not None:
            raise _refused(path, f"holds `{inside}`, which the command may write")
    for given in (*held.hidden, *held.kept, *held.journalled):
        for link in links_to(given):
            if _in_any(link.rpartition("/")[0], writable):
                raise _refused(given, f"is reached by the link `{link}`, which could be replaced")
    for path in map(os.path.realpath, held.journalled):
        if _in_any(path.rpartition("/")[0], writable):
            raise _refused(path, "lies in a folder in which the command may make a journal for it")


def links_to(path: str) -> Iterator[str]:
    """The links on the way to a path, by their real paths; a link that is there leads on."""
    here = "/"
    for part in path.split("/"):
        if part in {"", "."}:
            continue
        step = f"{here.rstrip('/')}/{part}"
        if os.path.islink(step):  # noqa: PTH114  # text of any bytes
            yield step
        here = os.path.realpath(step)


def _in_any(path: str, tops: Iterable[str]) -> bool:
    return any(is_within(path or "/", top) for top in tops)


def _refused(path: str, why: str) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.precondition",
        f"`{path}` is Wilk's own in this call, and {why}",
        help_text="keep policies, keys, the record and counts of hits outside of the workspace",
    )
