"""`wilkc audit witness`: cosigning a checkpoint on another machine. Layer: cli."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wilkc.cli.commands.audit.options import read_text
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.cosignature import parse_witness_signer
from wilkc.runtime.audit.witness import Witness
from wilkc.runtime.keys import parse_verifier_key


@click.command()
@click.argument("proofs", metavar="PROOF...", nargs=-1, required=True)
@click.option("--key", required=True, metavar="FILE", help="The witness's key.")
@click.option("--root", required=True, metavar="VKEY", help="The root key of the log.")
@click.option("--origin", metavar="NAME", help="Of the log; default: the root's name but `/root`.")
@click.option("--state", metavar="DIR", help="What it saw; default: the key's path with `.seen`.")
def witness(
    *, proofs: tuple[str, ...], key: str, root: str, origin: str | None, state: str | None
) -> None:
    """Cosign the newest checkpoint of each PROOF, which `wilkc audit proof --consistency` made.

    It refuses a checkpoint that is smaller than what it saw before, that does not follow from
    it, or whose key is not the log's. Prints the checkpoint with its cosignature.
    """
    try:
        name, signing = parse_witness_signer(read_text(key, "key").strip())
        root_key = parse_verifier_key(root)
    except ValueError as error:
        raise UsageError(f"a key cannot be read: {error}") from error
    place = Path(state) if state else Path(key).with_name(f"{Path(key).name}.seen")
    one = Witness(place, name, signing)
    log = origin or root_key.name.removesuffix("/root")
    for path in proofs:
        proof = read_text(path, "proof").encode()
        click.echo(one.cosign(proof, log, root_key, int(time.time())), nl=False)
