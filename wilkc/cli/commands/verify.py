"""`wilkc verify`: verify a bundle. Layer: cli."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from wilkc.cli.attesting import verify_attestation_file
from wilkc.cli.options import format_option, keys_options
from wilkc.cli.signing import read_bundle_file, verify_with

if TYPE_CHECKING:
    from wilkc.bundle import Attestation


@click.command()
@click.argument("bundle")
@keys_options("Scope that the signature must bind.")
@click.option(
    "--attestation",
    metavar="FILE",
    help="Also verify this statement of what the bundle was built from.",
)
@format_option(["text", "json"], "How the result is shown.")
def verify(  # noqa: PLR0913 - one parameter per option
    *,
    bundle: str,
    keys: tuple[str, ...],
    key_id: str | None,
    scope: str | None,
    attestation: str | None,
    form: str,
) -> None:
    """Verify the signature, the scope and every member of BUNDLE; `-` is standard input.

    Exits with 5 when anything does not verify.
    """
    data = read_bundle_file(bundle)
    found, known = verify_with(data, keys, key_id=key_id, scope=scope)
    stated = None
    if attestation is not None:
        stated = verify_attestation_file(attestation, known, bundle=data)
    if form == "json":
        result: dict[str, Any] = {
            "revision": found.revision,
            "files": list(found.files),
            "key_id": found.key_id,
            "scope": found.scope,
            "sequence": found.sequence,
        }
        if stated is not None:
            result["attestation"] = asdict(stated)
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    scoped = f"scope {found.scope}" if found.scope else "no scope"
    place = f"sequence {found.sequence}" if found.sequence else "no sequence"
    files = f"{len(found.files)} files  key {found.key_id}"
    click.echo(f"verified  revision {found.revision}  {place}  {files}  {scoped}")
    if stated is not None:
        click.echo(_stated(stated))


def _stated(stated: Attestation) -> str:
    compiler = f"compiler {stated.compiler} sha256:{stated.compiler_digest}"
    proof = f"proved {stated.proof_count:,} requests ({stated.proof_level})"
    return f"attested  {stated.sources} sources  {compiler}  {proof}  key {stated.key_id}"
