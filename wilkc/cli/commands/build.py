"""`wilkc build`: specs to a bundle. Layer: cli."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.cli import exits
from wilkc.cli.attesting import attest_with
from wilkc.cli.building import Built, build_sources, with_place
from wilkc.cli.cache import CacheFolder
from wilkc.cli.diagnostics import as_text
from wilkc.cli.files import write_atomically
from wilkc.cli.proving import WISHES, Proof, Wish, prove, with_proof
from wilkc.cli.signing import sign_with
from wilkc.cli.sources import read_sources
from wilkc.cli.terminal import Progress, wants_colour
from wilkc.compiler import FORMS, Form
from wilkc.core.canonical import MAX_INTEGER
from wilkc.core.errors import SpecError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.diagnostics import Diagnostic


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the bundle goes.")
@click.option("--sign", "key", metavar="KEY", help="Sign with this ES256 private key.")
@click.option("--key-id", metavar="ID", help="Key id to name; default: the key file's stem.")
@click.option("--scope", metavar="NAME", help="Scope that the signature binds.")
@click.option(
    "--sequence",
    type=click.IntRange(1, MAX_INTEGER),
    metavar="N",
    help="Number of this release, from 1; `serve` never goes back.",
)
@click.option(
    "--attest",
    metavar="FILE",
    help="Also write a signed statement of what was built from what; needs --sign.",
)
@click.option(
    "--form",
    type=click.Choice(FORMS),
    default="indexed",
    show_default=True,
    envvar="WILK_BUILD_FORM",
    help="Data in buckets, fast at any size; or one Rego rule for each entry, to be read.",
)
@click.option(
    "--prove",
    "wish",
    type=click.Choice(WISHES),
    envvar="WILK_BUILD_PROVE",
    help="How much to compare with the reference evaluator; default: full, and sample beyond "
    "20,000 requests.",
)
@click.option(
    "--cache",
    metavar="DIR",
    envvar="WILK_CACHE",
    help="Folder that keeps what specs compile to, so that only what changed is compiled; a "
    "proof looks at the specs alone, without one trust it as you trust them.",
)
@click.option("--stats", is_flag=True, help="Print counts and sizes.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but problems.")
def build(  # noqa: PLR0913 - one parameter per option
    *,
    paths: tuple[str, ...],
    output: str,
    key: str | None,
    key_id: str | None,
    scope: str | None,
    sequence: int | None,
    attest: str | None,
    form: Form,
    wish: Wish | None,
    cache: str | None,
    stats: bool,
    quiet: bool,
) -> None:
    """Compile the specs under PATH to a bundle for OPA.

    `-` is standard input, and as FILE of -o standard output.

    The same specs give the same bytes on any machine. Where OPA is there, the bundle is
    compared with the specs' own meaning first; one that differs is not written.
    """
    if attest is not None and key is None:
        raise UsageError("`--attest` needs a key: name it by `--sign`")
    sources = read_sources(paths, stdin=True)
    try:
        with _cache(cache) as store, Progress("compiling", quiet=quiet):
            built = build_sources(sources, form=form, store=store)
    except SpecError as error:
        _show(error.diagnostics, sources)
        sys.exit(exits.SPEC)
    _show(built.compiled.warnings, sources)
    proof = prove(built.compiled, wish, quiet=quiet)
    built = with_proof(built, proof)
    if sequence is not None:
        built = with_place(built, sequence)
    bundle = built.bundle
    if key:
        bundle = sign_with(bundle, key, key_id=key_id, scope=scope)
    if key and attest is not None:
        write_atomically(Path(attest), attest_with(bundle, key, key_id=key_id))
    piped = output == "-"
    if piped:
        sys.stdout.buffer.write(bundle)
        sys.stdout.buffer.flush()
    else:
        write_atomically(Path(output), bundle)
    if not quiet:
        click.echo(_report(built, output, bundle, proof, signed=key is not None), err=piped)
    if stats:
        click.echo(_stats(built, bundle, store), err=piped)


def _cache(folder: str | None) -> CacheFolder | nullcontext[None]:
    if folder is None:
        return nullcontext()
    return CacheFolder(Path(folder), lambda text: click.echo(f"warning: {text}", err=True))


def _show(diagnostics: Sequence[Diagnostic], sources: Mapping[str, bytes]) -> None:
    if diagnostics:
        click.echo(as_text(diagnostics, sources, colour=wants_colour()), err=True)


def _report(built: Built, output: str, bundle: bytes, proof: Proof, *, signed: bool) -> str:
    plan = built.compiled.plan
    what = f"{len(plan.specs)} specs, {len(plan.agents)} agents"
    state = "signed" if signed else "not signed"
    revision = built.compiled.revision[:12]
    return f"{what} -> {output}  revision {revision}  {state}, {len(bundle)} bytes\n{proof}"


def _stats(built: Built, bundle: bytes, store: CacheFolder | None) -> str:
    sizes = {name: len(data) for name, data in built.compiled.files.items()}
    rows = [f"  {size:>10}  {name}" for name, size in sorted(sizes.items())]
    lines = ["bytes by member", *rows, f"  {len(bundle):>10}  compressed"]
    if store is not None:
        lines.append(f"cache: {store.found} entries used, {store.kept} written")
    return "\n".join(lines)
