"""A hardened OPA beside whoever decides, kept on one verified bundle. Layer: opa.

Everything is taken down again on the way out, whatever happened inside.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.opa.announcement import Announced, announce
from wilkc.opa.config import sidecar_command, sidecar_config
from wilkc.opa.own_socket import OwnSocket
from wilkc.opa.process import OpaProcess
from wilkc.opa.publisher import Publisher
from wilkc.opa.readiness import (
    NotInTimeError,
    answers,
    await_recovery,
    await_revision,
    await_start,
)
from wilkc.opa.run_folder import RunFolder
from wilkc.opa.state import NoLedger
from wilkc.opa.supervisor import Supervisor
from wilkc.opa.transport import DEFAULT_SECONDS, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from wilkc.bundle import PublicKey, VerifiedBundle
    from wilkc.opa.client import AdminClient
    from wilkc.opa.state import Ledger

START_SECONDS: Final = 20.0
_GRACE_SECONDS: Final = 2.0
"""How long after an update answers of the revision before it may still be under way."""
SILENCE_SECONDS: Final = 90.0
"""How long OPA may go without being answered where it fetches: thrice as long as it is let wait."""
_RECOVERY_SECONDS: Final = 10.0
"""Twice the longest delay after which OPA fetches again."""


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """How a sidecar runs.

    Attributes:
        opa: absolute path of the program.
        socket: where decisions are asked, in a folder of mode 0700; None for a temporary one.
        start_seconds: how long OPA may take to have a bundle in force.
        answer_seconds: how long one answer may take.
        log: told, in one line, of errors of OPA and of restarts.
    """

    opa: Path
    socket: Path | None = None
    start_seconds: float = START_SECONDS
    answer_seconds: float = DEFAULT_SECONDS
    log: Callable[[str], None] = field(default=lambda _: None)


class Sidecar:
    """OPA with one bundle in force, as a context manager.

    Args:
        bundle: what to serve, verified by Wilk; OPA verifies it again.
        keys: key id to public half, of every key that may sign it and updates.
        settings: how to run.
        ledger: asked before a bundle is put in force; None asks nobody.

    Attributes:
        since: when the bundle came into force, on the monotonic clock.
    """

    def __init__(
        self,
        bundle: VerifiedBundle,
        keys: Mapping[str, PublicKey],
        settings: SidecarSettings,
        ledger: Ledger | None = None,
    ) -> None:
        self._bundle = bundle
        self._keys = keys
        self._settings = settings
        self._ledger = ledger or NoLedger()
        self._folder = RunFolder(settings.socket)
        self._publisher = Publisher(bundle.archive)
        self._supervisor = Supervisor(self._start, settings.log)
        self._stack = ExitStack()
        self._updating = threading.Lock()
        self._replaced = 0.0
        self._fetched = ("", time.monotonic())
        self.since = time.monotonic()
        self._admin: AdminClient | None = None
        self._transport: Transport | None = None
        self._own_socket: OwnSocket | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Pushed before they are entered: a signal between the two must leave nothing.
            for part in (self._folder, self._publisher, self._supervisor):
                stack.push(part)
            self._folder.__enter__()
            # Before the ledger: a bundle that could not even be published was never active.
            self._publisher.__enter__()
            # The folder's lock is held: nobody else keeps this ledger now.
            self._ledger.enter(self._bundle)
            self._start_serving(stack)
            self._supervisor.mark_ready()
            self.mend()
            self.since = time.monotonic()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start_serving(self, stack: ExitStack) -> None:
        try:
            self._folder.write(self._config())
            announce(self.socket, [self.revision])
            self._supervisor.__enter__()
            self._connect(stack)
            await_start(
                self._asked,
                self.point,
                self.revision,
                seconds=self._settings.start_seconds,
                failure=self._supervisor.failure,
            )
        except UnavailableError as error:
            self._withdraw(error)
            raise

    @property
    def socket(self) -> Path:
        """Where decisions are asked."""
        return self._folder.socket

    @property
    def revision(self) -> str:
        """The revision in force."""
        return self._bundle.revision

    @property
    def bundle(self) -> VerifiedBundle:
        """The bundle in force."""
        return self._bundle

    @property
    def restarts(self) -> int:
        """How often OPA ended by itself and was started again."""
        return self._supervisor.restarts

    @property
    def point(self) -> Transport:
        """The decision point.

        Raises:
            UnavailableError: the sidecar is not running.
        """
        if self._transport is None:
            raise UnavailableError("the sidecar is not running")
        return self._transport

    def publish(self, bundle: VerifiedBundle) -> None:
        """Put another bundle in force, and wait until it is.

        Raises:
            VerificationError: it is older than what was in force.
            BundleRefusedError: OPA refused it.
            UnavailableError: the disk is full, or OPA took too long.

        The old one stays in force whatever is raised.
        """
        with self._updating:
            self._ledger.enter(bundle)
            try:
                announce(self.socket, [self.revision, bundle.revision])
                self._publisher.publish(bundle.archive)
                self._await(bundle)
            except UnavailableError as error:
                try:
                    self._go_back()
                finally:
                    self._withdraw(error)
                raise
            self._bundle = bundle
            self._replaced = self.since = time.monotonic()

    def mend(self) -> None:
        """Start OPA again where its socket was removed or replaced; to be called often."""
        with self._updating:
            if self._own_socket is None:
                self._own_socket = OwnSocket(
                    self.socket,
                    lambda: answers(self.point, self.revision),
                    seconds=self._settings.start_seconds,
                )
            if self._own_socket.lost(self.restarts):
                self._settings.log("its socket was removed or replaced; ending OPA")
                self._supervisor.end_run()

    def problem(self) -> str:
        """What is wrong with the sidecar now, or empty; to be asked every few seconds."""
        with self._updating:
            if self._replaced and time.monotonic() - self._replaced > _GRACE_SECONDS:
                try:
                    announce(self.socket, [self.revision])
                except UnavailableError as error:
                    return error.message
                self._replaced = 0.0
            status = self._asked().bundle_status()
            if status is None:
                return "OPA gives no status"
            if status.error or status.unfetched:
                return status.error or status.unfetched
            if status.revision != self.revision:
                return f"OPA has revision `{status.revision}` in force"
            if not answers(self.point, self.revision):
                return "OPA does not answer"
            return self._silence(status.fetched)

    def _silence(self, fetched: str) -> str:
        """By this process's own clock: nobody sets it, and OPA's time may be set."""
        now = time.monotonic()
        if fetched != self._fetched[0]:
            self._fetched = (fetched, now)
        silent = now - self._fetched[1]
        if silent <= SILENCE_SECONDS:
            return ""
        return f"OPA was not answered where it fetches bundles for {silent:.0f} s"

    def _withdraw(self, error: UnavailableError) -> None:
        self._ledger.withdraw(error.message, unsure=isinstance(error, NotInTimeError))

    def _go_back(self) -> None:
        self._publisher.publish(self._bundle.archive)
        # Should there be no room to take the announcement back, it is tried again later.
        self._replaced = time.monotonic()
        announce(self.socket, [self.revision])
        await_recovery(self._asked(), seconds=_RECOVERY_SECONDS)

    def _start(self) -> OpaProcess:
        command = sidecar_command(str(self._settings.opa), socket_name=self.socket.name)
        folder = self._folder
        return OpaProcess(
            command, folder=folder.path, lock=folder.lock, on_error=self._settings.log
        )

    def _config(self) -> bytes:
        return sidecar_config(
            port=self._publisher.port,
            token=self._publisher.token,
            keys={name: key.pem for name, key in self._keys.items()},
            scope=self._bundle.scope,
        )

    def _connect(self, stack: ExitStack) -> None:
        stack.callback(self._leave_admin)
        self._transport = Transport(
            self.socket, Announced(self.socket), seconds=self._settings.answer_seconds
        )
        stack.callback(self._transport.close)

    def _asked(self) -> AdminClient:
        """Who is asked for the status: loaded where it is first asked for."""
        if self._admin is None:
            from wilkc.opa.client import AdminClient  # noqa: PLC0415  # slow to load, see there

            self._admin = AdminClient(self.socket)
        return self._admin

    def _leave_admin(self) -> None:
        if self._admin is not None:
            self._admin.close()

    def _await(self, bundle: VerifiedBundle) -> None:
        await_revision(
            self._asked(),
            self.point,
            bundle.revision,
            seconds=self._settings.start_seconds,
            failure=self._supervisor.failure,
        )
