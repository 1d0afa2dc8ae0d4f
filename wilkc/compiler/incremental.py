"""Compiling what changed, and taking the rest from a store. Layer: compiler.

A spec's compiled form rests on its file, on the files of the specs it extends and of its
grants, on those of the organisation's policy and models, and on the compiler; the digest of
all of these is the key it is kept under. So a store can only ever hold what compiling would
give again. What documents mean together (names, agents, fleets) is worked out anew each time,
for which the store also keeps, by file, the outline of its spec.

Only specs without errors are kept, and a compile that meets an error is done again from the
sources, so that problems are reported as without a store.

A store is trusted, as a compiler's own files are. Who looks at the plan need not trust it: the
plan is made from the sources, and then what came from the store is held against it.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.analyze import run_spec_tests
from wilkc.compiler.assembling import manifest_of, members_of, piece_of
from wilkc.compiler.entries import read_outline, read_piece, write_outline, write_piece
from wilkc.compiler.looking import Look
from wilkc.compiler.model import Compiled, Form
from wilkc.compiler.whole import compile_sources, states_guardrails
from wilkc.core.canonical import sha256_hex
from wilkc.core.diagnostics import Diagnostic, has_errors, sort_diagnostics
from wilkc.plan import (
    Family,
    Plan,
    ancestors,
    check_scope,
    levels,
    lower_audit,
    plan_spec,
    resolve,
)
from wilkc.spec import (
    FLEET_SUFFIX,
    AgentSpec,
    Document,
    Kind,
    outline_of,
    outlined,
    read_specs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.emit import Piece

_BOUNDING: Final = frozenset({Kind.SECURITY_POLICY, Kind.PERMISSION_MODEL, Kind.SETTINGS})
"""Documents that every spec may rest on."""


class Store(Protocol):
    """Keeps bytes by key; forgets when it likes, but never gives others than were put."""

    @property
    def toolchain(self) -> str:
        """Stands for everything that compiles: a part of every key."""

    def get(self, key: str) -> bytes | None:
        """What is kept under a key."""

    def put(self, key: str, data: bytes) -> None:
        """Keep it, or not."""


def compile_incrementally(
    sources: Mapping[str, bytes],
    library: Mapping[str, bytes],
    store: Store,
    *,
    form: Form = "indexed",
) -> Compiled:
    """Compile as `compile_sources` does, and take what did not change from a store.

    Args:
        sources: file name, as diagnostics shall show it, to its bytes.
        library: the fixed Rego: member name to bytes.
        store: what was compiled before; new results are put into it.
        form: how profiles are compiled; the decisions are the same.

    Returns:
        The same members, to the byte. The plan is made from the sources alone, when more of
        it than the number of specs and agents is first looked at. That look raises a
        `WilkError` if the members are not what the plan compiles to.

    Raises:
        SpecError: with every problem, if any is an error.
    """
    increment = _Increment(sources, store, form)
    try:
        return increment.compiled(library)
    except _DoubtError:
        compiled = compile_sources(sources, library, form=form)
        increment.note_proof()
        return compiled


class _DoubtError(Exception):
    """Something is wrong with the sources: only a whole compile can tell all of it."""


class _Increment:
    """One compile with a store."""

    def __init__(self, sources: Mapping[str, bytes], store: Store, form: Form) -> None:
        self._sources = sources
        self._store = store
        self._form = form
        self._warnings: list[Diagnostic] = []
        self._digests = {name: sha256_hex(text) for name, text in sources.items()}
        self._documents: dict[str, tuple[Document, ...]] = {}
        """File to its documents; outlined ones where the file need not be read."""
        self._outlined: set[str] = set()

    def compiled(self, library: Mapping[str, bytes]) -> Compiled:
        self._open()
        family = self._family()
        if states_guardrails(self._every()) and self._store.get(self._proof_key) is None:
            raise _DoubtError
        held = {name: self._kept(family, name) for name in sorted(family.specs)}
        missing = [name for name, piece in held.items() if piece is None]
        if missing:
            # The specs that are compiled, and those they extend, need their permissions.
            rested_on = {one for name in missing for one in (name, *ancestors(family, name))}
            self._read({family.specs[name].document.file for name in rested_on} & self._outlined)
            family = self._family()
        made = self._make(family, missing)
        pieces = {name: piece or made[name] for name, piece in held.items()}
        bounds = levels(self._every())
        audit, problems = lower_audit(self._every())
        if problems:
            raise _DoubtError
        plan = Plan({}, family.agents, bounds, audit, family.roles.of)
        files, revision = members_of(plan, pieces, library, self._form)
        look = Look(self._sources, library, files, self._form)
        plan = look.later(len(pieces), plan)
        manifest = manifest_of(revision, self._sources)
        return Compiled(plan, files, manifest, revision, sort_diagnostics(self._warnings))

    def note_proof(self) -> None:
        """Keep that the guardrails hold for these very sources."""
        self._store.put(self._proof_key, b"proved")

    @cached_property
    def _proof_key(self) -> str:
        """Stands for all sources together: any of them may break a guardrail."""
        parts = (part for file, known in sorted(self._digests.items()) for part in (file, known))
        return self._key("proof", *parts)

    def _open(self) -> None:
        """Read the files of which no outline is kept."""
        for file in self._sources:
            kept = None if file.endswith(FLEET_SUFFIX) else self._store.get(self._file_key(file))
            if kept is not None:
                try:
                    self._documents[file] = (outlined(file, read_outline(kept)),)
                    self._outlined.add(file)
                except ValueError:
                    continue
        self._read(self._sources.keys() - self._outlined)

    def _read(self, files: Iterable[str]) -> None:
        """Read files anew, and keep the outlines of those that hold one spec and no problem."""
        wanted = {file: self._sources[file] for file in files}
        read = read_specs(wanted)
        if has_errors(read.diagnostics):
            raise _DoubtError
        self._warnings.extend(read.diagnostics)
        found: dict[str, list[Document]] = {file: [] for file in wanted}
        for document in read.documents:
            found[document.file].append(document)
        noted = {problem.span.file for problem in read.diagnostics}
        for file, documents in found.items():
            self._documents[file] = tuple(documents)
            model = documents[0].model if len(documents) == 1 else None
            if isinstance(model, AgentSpec) and file not in noted | self._outlined:
                self._store.put(self._file_key(file), write_outline(outline_of(model)))
        self._outlined.difference_update(wanted)

    def _family(self) -> Family:
        family, problems = resolve(self._every())
        if has_errors(problems):
            raise _DoubtError
        self._warnings.extend(problems)
        return family

    def _every(self) -> tuple[Document, ...]:
        """All documents in the order in which a whole compile reads them."""
        return tuple(one for file in sorted(self._documents) for one in self._documents[file])

    def _kept(self, family: Family, name: str) -> Piece | None:
        data = self._store.get(self._piece_key(family, name))
        if data is None:
            return None
        try:
            piece, warnings = read_piece(data)
        except ValueError:
            return None
        self._warnings.extend(warnings)
        return piece

    def _make(self, family: Family, names: Iterable[str]) -> dict[str, Piece]:
        """Compile these specs, and keep them once all of them are right."""
        planned = {name: plan_spec(family, name) for name in names}
        specs = {name: spec for name, (spec, _) in planned.items()}
        # What is granted does not speak for the spec itself, which is tested by itself.
        documents = tuple(
            family.specs[name].document for name in specs if not family.specs[name].grants
        )
        shared = (
            *check_scope(self._every(), specs.values()),
            *run_spec_tests(Plan(specs, {}, roles=family.roles.of), documents),
        )
        # What is said of several specs together could not be kept with one of them.
        if shared or any(has_errors(problems) for _, problems in planned.values()):
            raise _DoubtError
        made = {}
        for name, (spec, problems) in planned.items():
            made[name] = piece_of(spec, self._form)
            self._warnings.extend(problems)
            self._store.put(self._piece_key(family, name), write_piece(made[name], problems))
        return made

    def _file_key(self, file: str) -> str:
        return self._key("outline", file, self._digests[file])

    def _piece_key(self, family: Family, name: str) -> str:
        files = [family.specs[one].document.file for one in (name, *ancestors(family, name))]
        files += [grant.file for grant in family.specs[name].grants]
        parts = (part for file in files for part in (file, self._digests[file]))
        roles = json.dumps(sorted(family.roles.known))
        return self._key("piece", self._form, self._bounds, roles, name, *parts)

    @cached_property
    def _bounds(self) -> str:
        """Stands for the documents that every spec may rest on."""
        files = sorted(one.file for one in self._every() if one.kind in _BOUNDING)
        return self._key(*(part for file in files for part in (file, self._digests[file])))

    def _key(self, *parts: str) -> str:
        return sha256_hex(json.dumps([self._store.toolchain, *parts]).encode("ascii"))
