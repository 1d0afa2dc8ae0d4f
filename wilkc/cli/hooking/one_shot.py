"""A decision for a hook where no service runs: a verified bundle, an OPA of its own. Layer: cli."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from wilkc.adapters.hooks.client import DENIED, Answer, answer_bytes, one_line
from wilkc.bundle import require_not_older
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.core.errors import UsageError, VerificationError, WilkError
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.obtain import find_opa
from wilkc.opa.state import StateFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from wilkc.bundle import PublicKey, VerifiedBundle


def one_shot(
    options: dict[str, Any],
    payload: bytes,
    told: dict[str, str],
    deadline: float,
    tell: Callable[[bytes], object],
) -> None:
    """Decide, record, tell the answer, and take everything down again.

    Args:
        options: those of the hook, see `wilkc.adapters.hooks.options`.
        payload: what the harness sent.
        told: what the harness tells by variables.
        deadline: end of the time, on the monotonic clock.
        tell: takes the answer.
    """
    try:
        verified, keys = _bundle(options)
        settings = SidecarSettings(opa=find_opa().path, start_seconds=_left(deadline))
        # What judges and records is loaded while OPA starts: either takes a while.
        with (
            _Loading(options, verified) as loading,
            Sidecar(verified, keys, settings) as sidecar,
        ):
            judge, recorder, rates = loading.result()
            with recorder as log, rates as store:
                given = {**options, "deadline": _left(deadline)}
                tell(answer_bytes(judge(payload, given, told, sidecar.point, log, store)))
    except WilkError as error:
        tell(answer_bytes(Answer(DENIED, "", one_line(f"wilk: denied: {error.message}"))))


def _bundle(options: Mapping[str, Any]) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
    if options["bundle"] is None:
        raise UsageError("no bundle is named")
    data = read_bundle_file(options["bundle"])
    verified, keys = verify_with(
        data, options["key"], key_id=options["key-id"], scope=options["bundle-scope"]
    )
    if options["state"] is not None:
        mark = StateFile(Path(options["state"])).mark()
        if mark is None:
            raise VerificationError(f"there is no state `{options['state']}`")
        require_not_older(mark, verified)
    return verified, keys


class _Loading(Thread):
    """`_ready` in a thread of its own, which is waited for on the way out."""

    def __init__(self, options: Mapping[str, Any], verified: VerifiedBundle) -> None:
        super().__init__(daemon=True)
        self._given = options, verified
        self._made: tuple[Any, Any, Any] | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.join()

    def run(self) -> None:
        """What is raised here is raised again where the result is asked for."""
        try:
            self._made = _ready(*self._given)
        except BaseException as error:  # noqa: BLE001  # see above
            self._error = error

    def result(self) -> tuple[Any, Any, Any]:
        """What was made.

        Raises:
            BaseException: what hindered it.
        """
        self.join()
        if self._made is None:
            raise self._error or RuntimeError("nothing was loaded")
        return self._made


def _ready(options: Mapping[str, Any], verified: VerifiedBundle) -> tuple[Any, Any, Any]:
    """What judges agents that are not revoked, the log, and the store of hits, opened."""
    from wilkc.adapters.hooks.judge import Means, judge  # noqa: PLC0415  # slow to load
    from wilkc.cli.hooking.recording import open_log  # noqa: PLC0415  # the same
    from wilkc.cli.rates import open_rates  # noqa: PLC0415  # the same
    from wilkc.cli.revocations import opened_revocations, unless_revoked  # noqa: PLC0415  # the same

    revocations = opened_revocations(options["identity"])

    def judged(
        payload: bytes, given: dict[str, Any], told: dict[str, str], point: Any, *means: Any
    ) -> Answer:
        return judge(payload, given, told, Means(unless_revoked(point, revocations), *means))

    log = open_log(options["audit"], options["audit-keys"], options["audit-provider"], verified)
    return judged, log, open_rates(options["rates"])


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
