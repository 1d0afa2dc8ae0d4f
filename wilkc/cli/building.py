"""From paths to an unsigned bundle: reading, compiling and packing in one place. Layer: cli."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wilkc.cli.library import read_library
from wilkc.cli.sources import read_sources
from wilkc.compiler import Compiled, Form, Store, compile_incrementally, compile_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Built:
    """A compile together with what it was made from."""

    compiled: Compiled
    sources: Mapping[str, bytes]

    @property
    def bundle(self) -> bytes:
        """The bytes of the bundle with its sources, packed anew at each call; not signed.

        Raises:
            WilkError: the specs hold a character that OPA would hash in another way.
        """
        # Whoever compiles to compare or to ask makes no bundle, and does without its keys.
        from wilkc.bundle import SOURCES, write_bundle, write_sources  # noqa: PLC0415

        members = {**self.compiled.files, SOURCES: write_sources(self.sources)}
        return write_bundle(members, self.compiled.manifest)


def build_bundle(
    paths: Sequence[str], *, form: Form = "indexed", store: Store | None = None
) -> Built:
    """Compile the specs under the given paths, and no more of them than a store makes needful.

    Raises:
        UsageError: a path is not there, or there is nothing to compile.
        SpecError: the specs have errors.
    """
    return build_sources(read_sources(paths), form=form, store=store)


def build_sources(
    sources: Mapping[str, bytes], *, form: Form = "indexed", store: Store | None = None
) -> Built:
    """Compile specs that were read, and no more of them than a store makes needful.

    Raises:
        SpecError: the specs have errors.
    """
    with _without_collection():
        if store is None:
            compiled = compile_sources(sources, read_library(), form=form)
        else:
            compiled = compile_incrementally(sources, read_library(), store, form=form)
    return Built(compiled, sources)


def with_place(built: Built, sequence: int) -> Built:
    """The bundle as the given release of its releaser; its revision stays."""
    from wilkc.bundle import with_sequence  # noqa: PLC0415 - see above

    manifest = with_sequence(built.compiled.manifest, sequence)
    return replace(built, compiled=replace(built.compiled, manifest=manifest))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Do not look for cyclic rubbish: a compile makes none, and the search takes a fifth of it.

    What was made is set aside, or the first search afterwards would go through all of it.
    """
    was_on = gc.isenabled()
    gc.unfreeze()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.enable()
