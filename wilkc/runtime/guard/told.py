"""How a log is to be written now: what the policy in force says. Layer: runtime.

It is asked before each record, so what was read is kept until it is something else: the bundle
by its revision and archive, the file beside the keys by its inode and times.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit.settings import SETTINGS_FILE, kept_settings, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.audit_settings import AuditSettings

_Mark = tuple[int, int, int, int]
_NO_FILE: _Mark = (0, 0, 0, 0)


class Told:
    """The settings that hold now. May be asked by several threads.

    Args:
        keys: the log's key directory, which keeps what the log was last told.
        fixed: what holds whatever any policy says, or None.
        bundle: gives the verified bundle that decides now, or None.
    """

    def __init__(
        self,
        keys: Path,
        fixed: AuditSettings | None,
        bundle: Callable[[], VerifiedBundle] | None,
    ) -> None:
        self._keys = keys
        self._file = str(keys / SETTINGS_FILE)
        self._fixed = fixed
        self._bundle = bundle
        self._by_bundle: tuple[VerifiedBundle, AuditSettings | None] | None = None
        self._by_file: tuple[_Mark, AuditSettings] | None = None

    def settings(self) -> AuditSettings:
        """How to write now.

        Raises:
            UsageError: the bundle was made by another version of Wilk.
            VerificationError: what the log was told is damaged.
            UnavailableError: it cannot be read.
        """
        return self.said() or self._kept()

    def said(self) -> AuditSettings | None:
        """What the caller or the bundle says of it; None leaves the log as it was told before.

        Raises:
            UsageError: the bundle was made by another version of Wilk.
        """
        if self._fixed is not None or self._bundle is None:
            return self._fixed
        return self._of(self._bundle())

    def _of(self, bundle: VerifiedBundle) -> AuditSettings | None:
        known = self._by_bundle
        if known is None or (known[0] is not bundle and known[0] != bundle):
            known = self._by_bundle = (bundle, settings_of(bundle))
        return known[1]

    def _kept(self) -> AuditSettings:
        # Looked at before it is read: a file that is replaced in between is read again next time.
        mark = self._mark()
        known = self._by_file
        if known is None or known[0] != mark:
            known = self._by_file = (mark, kept_settings(self._keys))
        return known[1]

    def _mark(self) -> _Mark:
        try:
            found = os.stat(self._file)  # noqa: PTH116  # asked before each record
        except FileNotFoundError:
            return _NO_FILE
        except OSError as error:
            raise UnavailableError(f"cannot read `{self._file}`: {error.strerror}") from error
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
