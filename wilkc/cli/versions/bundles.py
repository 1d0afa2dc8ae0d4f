"""The specs that a bundle carries. Layer: cli.

A bundle is compared by its sources, compiled again. That they are what the bundle decides by
is checked by compiling: the same sources give the same revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc import __version__
from wilkc.bundle import read_bundle, read_sources_of
from wilkc.cli.library import read_library
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.cli.versions.model import Version
from wilkc.compiler import FORMS, compile_sources
from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import SpecError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.cli.versions.model import Trust
    from wilkc.core.contract import Json


def read_bundle_version(path: str, trust: Trust) -> Version:
    """The sources of a bundle.

    Raises:
        UsageError: it is not there.
        VerificationError: it does not verify by the key that was named, carries no sources,
            or its sources do not give its revision.
    """
    data = read_bundle_file(path)
    key_id = ""
    if trust.keys:
        verified, _ = verify_with(data, trust.keys, key_id=trust.key_id, scope=trust.scope)
        data, key_id = verified.archive, verified.key_id
    bundle = read_bundle(data)
    sources = read_sources_of(bundle.files)
    compiler = _checked(path, sources, bundle.manifest)
    label = f"{path} (revision {bundle.manifest['revision'][:12]})"
    return Version(label, sources, compiler=compiler, key_id=key_id)


def _checked(path: str, sources: Mapping[str, bytes], manifest: Mapping[str, Json]) -> str:
    """The version of Wilk that made the bundle, if it is another than this."""
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    digests = {name: sha256_hex(text) for name, text in sources.items()}
    if metadata.get("sources") != digests:
        raise VerificationError(f"`{path}` carries other sources than its manifest names")
    compiler = str(metadata.get("compiler"))
    if compiler != __version__:
        return compiler
    try:
        made = {compile_sources(sources, read_library(), form=form).revision for form in FORMS}
    except SpecError as error:
        raise VerificationError(f"the sources in `{path}` do not compile") from error
    if manifest["revision"] not in made:
        raise VerificationError(
            f"the sources in `{path}` do not give its revision: it decides by something else",
            help_text="build it again from the specs that you want to compare",
        )
    return ""
