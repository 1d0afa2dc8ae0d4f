"""Wilk's own places on this host: in no command's view, whoever it runs as. Layer: runtime.

There lie the notes of running launches, what is kept for other agents, and OPA's sockets. A command
may run as the very user that they belong to, so that only what is not mounted is out of its reach.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.opa.socket_place import TEMPORARY
from wilkc.runtime.sandbox.environment import TMP
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.state import OF_ROOT, state_directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.sandbox.held import Held

BY_CONVENTION: Final = frozenset({"/etc/wilk", "/var/lib/wilk", "/var/log/wilk"})
"""Where keys, state and log lie: hidden in what is mounted around them."""
_OF_SERVICES: Final = "/run/wilk"
"""Where the socket of a service lies that systemd starts."""
_KEPT: Final = "-kept"
"""After the name of a state directory: what `kept` keeps lies beside it."""


@dataclass(frozen=True, slots=True)
class Own:
    """Where Wilk's own lies.

    Attributes:
        paths: real paths, whether or not they are there.
        beginnings: what real paths of folders that are made for one call begin with.
        user: those of the paths that whom the command runs as could make.
        kept: real paths of what a call knows to be Wilk's own, and may be read.
    """

    paths: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    user: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path in self.paths or path.startswith(self.beginnings)

    def holds(self, path: str) -> bool:
        """Whether a real path is one of them, or lies in one."""
        while path:
            if path in self:
                return True
            path = path.rpartition("/")[0]
        return False

    def keeps(self, path: str) -> bool:
        """Whether a real path is what stays read-only, or lies in it."""
        return any(is_within(path, one) for one in self.kept)

    def of_call(self, held: Held) -> Own:
        """The same with what a call knows of."""
        return replace(self, paths=self.paths | held.real_hidden(), kept=held.real_kept())

    def around(self, workspace: str) -> Own:
        """The same with what lies elsewhere by convention, unless a workspace lies in there."""
        others = {one for one in BY_CONVENTION if not is_within(workspace, one)}
        return replace(self, paths=self.paths | others)

    def temporary(self) -> set[str]:
        """The real paths of folders that are made for one call, and are there now."""
        found = set()
        for beginning in self.beginnings:
            top, _, name = beginning.rpartition("/")
            with os.scandir(top) as listing:
                found |= {entry.path for entry in listing if entry.name.startswith(name)}
        return found


NOWHERE: Final = Own()
"""Where nothing is Wilk's own."""


def own_places(uid: int) -> Own:
    """Where Wilk's own lies for a launch.

    Args:
        uid: whom its command runs as; a shim of that user has its own there as well.
    """
    temporary = {_real(one) for one in (tempfile.gettempdir(), TMP)}
    user = _with_kept(_states(uid, temporary))
    others = _with_kept({_OF_SERVICES, str(OF_ROOT), *_states(os.geteuid(), temporary)})
    return Own(user | others, tuple(f"{top}/{TEMPORARY}" for top in sorted(temporary)), user)


@lru_cache(maxsize=16)
def _real(top: str) -> str:
    """Kept, as it is asked for by every launch: where these lead is no command's to change."""
    return os.path.realpath(top)


def _states(uid: int, temporary: Iterable[str]) -> set[str]:
    """The state directories that shims of a user may have, by where each was started."""
    if uid == 0:
        return {str(OF_ROOT)}
    found = {f"{top}/wilk-{uid}" for top in temporary}
    found.add(f"/run/user/{uid}/wilk")
    if uid == os.geteuid():
        found.add(str(state_directory()))
    return found


def _with_kept(states: Iterable[str]) -> frozenset[str]:
    found = set()
    for state in states:
        top, _, name = state.rpartition("/")
        # What is of that name itself is no link: neither shim nor command would follow it.
        real = f"{_real(top)}/{name}"
        found |= {real, f"{real}{_KEPT}"}
    return frozenset(found)
