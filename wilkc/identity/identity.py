"""An identity's folder, opened: one door for every credential. Layer: identity.

identity.key      key of the hashes          identity.sqlite   keys, sessions, families
revoked.table     what is revoked            issuers.json      whose tokens are believed
token-own-*.pem   our own signing key        token-keys.json   its public half
own-issuer.json   our name as an issuer      fleet.json        whom revocations are shared with
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakSet

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.identity.accepted import Accepted
from wilkc.identity.api_keys import ApiKeys
from wilkc.identity.clock import Clock
from wilkc.identity.database import HASH_KEY, Database, create_database, create_folder
from wilkc.identity.failures import MALFORMED, AuthenticationError
from wilkc.identity.others import FLEET
from wilkc.identity.revocation import Revocations, create_table
from wilkc.identity.secret import read_hash_key, require_own
from wilkc.identity.sessions import Sessions
from wilkc.identity.throttle import Throttle, WaitingError
from wilkc.identity.tokens.trusted import TrustedTokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.identity.others import Others
    from wilkc.identity.principal import Principal
    from wilkc.identity.tokens.issuing import Issued, TokenIssuer
    from wilkc.identity.tokens.keyset import Reader

_T = TypeVar("_T")
MAX_CREDENTIAL: Final = 8192
"""Characters."""
_OPENED: Final[WeakSet[Identity | Revocations]] = WeakSet()
"""What has to start afresh in a child process."""
_API_KEY: Final = "wk_"
_SESSION: Final = "ws_"


@dataclass(frozen=True, slots=True)
class Failure:
    """A credential that was not accepted, for the record.

    Attributes:
        detail: why, see `failures`.
        channel: where it was shown.
        source: who showed it, such as an address or a user's number.
        credential: public name of the credential, as far as it is one of ours; else empty.
        count: failures of this source in a row, with this one; where it was not listened to,
            the refusals since the last of them that was told, with this one.
    """

    detail: str
    channel: str
    source: str
    credential: str
    count: int


def create_identity(folder: Path) -> None:
    """Make an identity that lets nobody in yet, or make one whole that was cut off in the making.

    Raises:
        UsageError: there is one.
        UnavailableError: it cannot be made.
    """
    create_folder(folder)
    # Each stays as it is where it is there: somebody else may use it by now. The database last, as
    # by it there is an identity.
    create_table(folder)
    create_database(folder)


def open_revocations(folder: Path) -> Revocations:
    """What is revoked in an identity, for who only looks at that; nothing has to be closed.

    Args:
        folder: of the identity.

    Raises:
        UnavailableError: it is none, or open to others.
    """
    try:
        require_own(folder, folder.lstat(), folder=True)
    except OSError as error:
        raise UnavailableError(
            f"cannot open the identity `{folder}`: {error.strerror}",
            help_text="make the folder by `wilkc identity init`",
        ) from error
    revocations = Revocations(folder, _others(folder))
    _OPENED.add(revocations)
    return revocations


def _others(folder: Path) -> Others | None:
    if not (folder / FLEET).exists():
        return None
    # Loaded here: most identities are of one host.
    from wilkc.identity.fleet import open_fleet  # noqa: PLC0415

    return open_fleet(folder)


def _no_remote(address: str) -> Reader:
    raise UnavailableError(f"keys at `{address}` are not fetched here")


class Identity:
    """Who asks; safe to use from several threads, and in a child that forks off.

    Args:
        folder: see `create_identity`.
        remote: makes the reader of keys at an https address.
        tell: told of every failure, and of the first refusal of each wait; what it raises is
            raised.
        clock: the time.

    Raises:
        UnavailableError: the folder is none, or open to others.
    """

    def __init__(
        self,
        folder: Path,
        *,
        remote: Callable[[str], Reader] = _no_remote,
        tell: Callable[[Failure], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock or Clock()
        self.database = Database(folder)
        self.hash_key = read_hash_key(folder / HASH_KEY)
        self.revocations = Revocations(folder, _others(folder))
        parts = (self.database, self.hash_key, self.revocations, self.clock)
        self.api_keys = ApiKeys(*parts)
        self.sessions = Sessions(*parts)
        self._throttle = Throttle(*parts)
        self._accepted = Accepted()
        self._remote = remote
        self._tell = tell
        _OPENED.add(self)

    @cached_property
    def tokens(self) -> TrustedTokens:
        """Verifies tokens; loaded when the first one comes."""
        return TrustedTokens(self.folder, self._remote, self.revocations, self.clock)

    def authenticate(self, credential: str, *, channel: str, source: str) -> Principal:
        """Who shows this credential: an API key, a session, or a token.

        Args:
            credential: its text.
            channel: where it was shown; sessions belong to one.
            source: who showed it, as far as the channel knows: failures are counted by it.

        Raises:
            AuthenticationError: it is not accepted.
            UnavailableError: it cannot be judged now.
        """
        try:
            found = self._counted(lambda: self._judge(credential, channel), channel, source)
        except WaitingError:
            if not self._was_accepted(credential, channel, source):
                raise
            # It fails no more than once so, as it is remembered again only by a success.
            found = self._counted(
                lambda: self._judge(credential, channel), channel, source, waits=False
            )
        self._accepted.add(credential, channel, source, self.clock.now())
        return found

    def refresh(
        self, issuer: TokenIssuer, text: str, *, channel: str, source: str,
        before: Callable[[str], object] = lambda _: None,
    ) -> Issued:  # fmt: skip
        """See `TokenIssuer.refresh`; failures count as any other, see `authenticate`."""
        return self._counted(lambda: issuer.refresh(text, before=before), channel, source)

    def _was_accepted(self, credential: str, channel: str, source: str) -> bool:
        if len(credential) > MAX_CREDENTIAL or not credential.isascii():
            return False
        return self._accepted.take(credential, channel, source, self.clock.now())

    def _counted(
        self, judge: Callable[[], _T], channel: str, source: str, *, waits: bool = True
    ) -> _T:
        try:
            failed_before = waits and self._throttle.require_calm(channel, source)
            found = judge()
        except WaitingError as error:
            # Not counted while it waits: the wait would never end. Nor is each on record.
            if error.untold:
                self._tell(Failure(error.detail, channel, source, "", error.untold))
            raise
        except AuthenticationError as error:
            count = self._throttle.failed(channel, source)
            self._tell(Failure(error.detail, channel, source, error.credential, count))
            raise
        if failed_before:
            self._throttle.succeeded(channel, source)
        return found

    def require_agent(self, agent: str) -> None:
        """Require that an agent is not revoked, whoever asks for it.

        Raises:
            AuthenticationError: it is.
            UnavailableError: nobody can tell.
        """
        self.revocations.require_none(self.clock.now(), ("agent", agent))

    def leave_parent(self) -> None:
        """Start afresh in a child process: a thread of its parent may have held a lock."""
        self.__dict__.pop("tokens", None)
        self._accepted = Accepted()
        self.database.leave_parent()
        self.revocations.leave_parent()

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()

    def _judge(self, credential: str, channel: str) -> Principal:
        if len(credential) > MAX_CREDENTIAL or not credential.isascii():
            raise AuthenticationError(MALFORMED, "it is too long, or no credential")
        try:
            if credential.startswith(_API_KEY):
                return self.api_keys.authenticate(credential)
            if credential.startswith(_SESSION):
                return self.sessions.authenticate(credential, channel)
            return self.tokens.authenticate(credential)
        except WilkError:
            raise
        except Exception as error:  # whatever it is, nobody is let in by it
            raise UnavailableError(f"cannot judge a credential: {type(error).__name__}") from error


def _after_fork() -> None:
    for opened in list(_OPENED):
        opened.leave_parent()


os.register_at_fork(after_in_child=_after_fork)
