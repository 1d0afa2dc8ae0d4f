"""What of Wilk's own a command line names, so that an agent's command gets nothing of it.

Layer: cli.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.cli.rates import SERVERS
from wilkc.cli.record_places import keys_path, provider_place
from wilkc.cli.sources import STDIN
from wilkc.opa.config import STATUS_SOCKET
from wilkc.opa.obtain import cached_binary
from wilkc.runtime.sandbox import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.cli.running import Source

_OPA: Final = "WILK_OPA"
_LOCAL: Final = "unix://"


def own_files(
    source: Source, record: tuple[str | None, str | None, str | None], rates: str | None
) -> Held:
    """The places that options name, and the OPA that is started.

    Args:
        source: who decides, and by what.
        record: the log, its keys, and what unlocks them.
        rates: where hits are counted.
    """
    rates = rates or ""
    database = rates if rates and not rates.startswith(SERVERS) else ""
    return Held(
        tuple(map(_absolute, _secret(source, *record, rates))),
        tuple(map(_absolute, _read(source))),
        (_absolute(database),) if database else (),
    )


def _secret(
    source: Source, audit: str | None, keys: str | None, provider: str | None, rates: str
) -> Iterator[str]:
    if audit is not None:
        yield from (audit, str(keys_path(audit, keys)))
        wrap = provider_place(audit, keys, provider)
        yield from [str(wrap)] if isinstance(wrap, Path) else []
    if source.identity is not None:
        yield source.identity
    if source.socket is not None:
        yield from (source.socket, str(Path(source.socket).with_name(STATUS_SOCKET)))
    if rates.startswith(_LOCAL):
        yield rates.removeprefix(_LOCAL).partition("?")[0]


def _read(source: Source) -> Iterator[str]:
    for one in source.policies:
        # As the shell that did not resolve it; what a pattern names is looked for by name, too.
        yield from {one, *glob.glob(one, recursive=True)} - {STDIN}  # noqa: PTH207 - as typed
    yield from source.keys
    yield from [source.bundle] if source.bundle is not None else []
    # What is cached lies beside its digest, and so decides for itself.
    yield str(cached_binary().parents[1])
    yield from filter(None, [os.environ.get(_OPA)])


def _absolute(path: str) -> str:
    """The path as it stands, links and all."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - text of any bytes
