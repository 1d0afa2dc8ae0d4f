"""`wilkc keys list`: the keys of a log, and what is due. Layer: cli."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.cli.commands.audit.options import format_option, key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.record_places import keys_path, provider_place
from wilkc.core.closed_json import to_json
from wilkc.runtime.audit.clock import Clock, timestamp
from wilkc.runtime.audit.keeping import read_ledger
from wilkc.runtime.audit.means import rotation_of
from wilkc.runtime.audit.settings import kept_settings
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import (
    KeyStore,
    due_date,
    open_provider,
    rotation_due,
    rotation_overdue,
)

if TYPE_CHECKING:
    from wilkc.runtime.audit.keeping import Ledger
    from wilkc.runtime.keys import Rotation

_DATE = 10


@click.command("list")
@click.argument("directory", metavar="DIR")
@key_options
@format_option
def list_keys(*, directory: str, keys: str | None, provider: str | None, form: str) -> None:
    """List the keys of the log in DIR, their states and due dates, its copies and erasures.

    Copies and erasures are as the log's records say, which are not verified: `verify` does that.
    """
    place = keys_path(directory, keys)
    opened = open_provider(provider_place(directory, keys, provider), (Path(directory), place))
    store = KeyStore(place, opened, Disk())
    now = timestamp(Clock().wall_us())
    rotation = rotation_of(kept_settings(place))
    found = _found(store, read_ledger(Path(directory)), now, rotation)
    if form == "json":
        click.echo(json.dumps(found))
        return
    for line in _lines(found):
        click.echo(printable(line))


def _found(store: KeyStore, ledger: Ledger, now: str, rotation: Rotation) -> dict[str, Any]:
    ring = store.ring
    keys = [{**to_json(key), "rotate_after": due_date(key, rotation)} for key in ring.keys]
    for key in keys:
        del key["wrapped"]
    return {
        "version": ring.version,
        "due": rotation_due(ring, now, rotation),
        "overdue": rotation_overdue(ring, now, rotation),
        "keys": keys,
        "data_keys": len(store.data.keys),
        "persons": len({key.subject for key in store.data.keys if key.subject}),
        "exports": [
            {"export": one.id, "expires": one.expires, "expired": one.expires <= now}
            for one in ledger.exports.values()
        ],
        "erasures": [
            {"erasure": one.id, "subject": one.subject, "state": _state(one.seq, one.complete)}
            for one in ledger.erasures.values()
        ],
    }


def _state(seq: int | None, complete: bool) -> str:  # noqa: FBT001  # a fact of the record
    if complete:
        return "complete"
    return "begun" if seq is None else "pending"


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{key['use']:<8} {key['kid']:<32}  {key['state']:<12}  {key['created'][:_DATE]}"
        + (f"  due {key['rotate_after'][:_DATE]}" if _has_due(key) else "")
        for key in found["keys"]
    ]
    lines += [f"data     {found['data_keys']} keys, of {found['persons']} persons"]
    lines += [
        f"export   {one['export']}  {'expired' if one['expired'] else 'kept'} until "
        f"{one['expires'][:_DATE]}"
        for one in found["exports"]
    ]
    lines += [
        f"erasure  {one['erasure']}  {one['state']}  {one['subject']}" for one in found["erasures"]
    ]
    due = "overdue" if found["overdue"] else "due" if found["due"] else "not due"
    return [*lines, f"ring     version {found['version']}, rotation {due}"]


def _has_due(key: dict[str, Any]) -> bool:
    return key["state"] == "active" and key["rotate_after"] is not None
