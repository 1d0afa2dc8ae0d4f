"""One session for each token that this process uses. Layer: runtime.

A login holds for a whole process, and a second one is refused (PKCS #11 v3.0, section 5.6.8), so
all that use a token share one session, and take turns: a session does one thing at a time. A
child of fork(2) must begin anew (section 5.1.1): what it has in memory is its parent's.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.runtime.keys.secrets import read_secret

if TYPE_CHECKING:
    from wilkc.runtime.keys.provider.uri import TokenPlace

    _Place = tuple[str, str, str]
    """Library, label of the token, and file of the PIN."""


GONE: Final = frozenset(
    [
        "DeviceError",
        "DeviceRemoved",
        "SessionClosed",
        "SessionHandleInvalid",
        "TokenNotPresent",
        "UserNotLoggedIn",
    ]
)
"""Errors after which a session is of no use; others are of what was asked, as of a key that another
process destroyed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is logged in.

    Attributes:
        session: of the library.
        turn: held by who uses it.
    """

    session: Any
    turn: threading.Lock = field(default_factory=threading.Lock)


class _Sessions:
    """Those of this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._opened: dict[_Place, Opened] = {}
        self._begun: set[str] = set()
        self._inherited: set[str] = set()

    def of(self, place: TokenPlace) -> Opened:
        """The session of a token, opened where there is none."""
        key = _key(place)
        with self._guard:
            if key not in self._opened:
                self._opened[key] = Opened(self._open(place))
            return self._opened[key]

    def leave(self, place: TokenPlace, opened: Opened) -> None:
        """Open another one the next time: this one is of no use any more."""
        with self._guard:
            if self._opened.get(_key(place)) is opened:
                del self._opened[_key(place)]

    def after_fork(self) -> None:
        """Begin anew in a child; somebody in the parent may have held the lock."""
        self._guard = threading.Lock()
        self._inherited |= self._begun
        self._opened.clear()

    def _open(self, place: TokenPlace) -> Any:
        pin = read_secret(place.pin, "PIN").decode("utf-8", "surrogateescape")
        path = str(place.module)
        library = pkcs11().lib(path)
        self._begun.add(path)
        if path in self._inherited:
            library.reinitialize()
            self._inherited.remove(path)
        token = library.get_token(token_label=place.token)
        try:
            return token.open(rw=True, user_pin=pin)
        except pkcs11().UserAlreadyLoggedIn:
            # By a session that was left.
            return token.open(rw=True)


def _key(place: TokenPlace) -> _Place:
    return str(place.module), place.token, str(place.pin)


def pkcs11() -> Any:
    """The package that speaks to tokens.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pkcs11 as package  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError(
            "a `pkcs11:` provider needs a package that is not installed",
            help_text="pip install 'wilkc[pkcs11]'",
        ) from error
    return package


SESSIONS = _Sessions()
os.register_at_fork(after_in_child=SESSIONS.after_fork)
