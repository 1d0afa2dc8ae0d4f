"""The literal entries that grant what was asked, tried together. Layer: analyze (pure).

Each round asks the reference evaluator about every request that is not granted yet, and adds
what answers its refusal: a command may need its own entry, its interpreter and its script. What
one request needs is tried with what all others need, so a round costs one reading of the specs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.additions import additions
from wilkc.analyze.learning.model import Asked, Entry, Place, Reason, Refused
from wilkc.core.details import BLOCKED
from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import RequestError, SpecError
from wilkc.plan import DEFAULTS_PATH, ancestors, build_plan, decide, resolve
from wilkc.spec import entry_text, with_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.analyze.additions import Addition
    from wilkc.core.contract import Request
    from wilkc.plan import Family, Plan
    from wilkc.spec import Document

MAX_ROUNDS: Final = 8
"""A layer, its interpreter, its script, its directory: few requests need more than four."""
_NAMED_AGENTS: Final = 3
Key = tuple[Place, str]


class _NoEntryError(Exception):
    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.reason = Reason(code, why)


@dataclass(slots=True)
class Tried:
    """What came of it.

    Attributes:
        documents: all documents with the entries.
        plan: what they mean.
        entries: what was added, in the order in which it was.
        askers: entry to the requests that need it.
        refused: requests that no entry answers.
    """

    documents: tuple[Document, ...]
    plan: Plan
    entries: dict[Key, Entry] = field(default_factory=dict)
    askers: dict[Key, list[Asked]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def try_entries(
    documents: Sequence[Document], plan: Plan, asked: Iterable[Asked], *, shared: bool
) -> Tried:
    """Add what grants the requests, as far as literal entries can.

    Args:
        documents: everything that was compiled.
        plan: what it means.
        asked: canonical requests.
        shared: whether entries may be added to specs that further agents have.
    """
    return _Rounds(Tried(tuple(documents), plan), shared=shared).run(list(asked))


class _Rounds:
    def __init__(self, tried: Tried, *, shared: bool) -> None:
        self.tried = tried
        self.shared = shared
        self.family: Family = resolve(tried.documents)[0]
        self._homes: dict[tuple[str, str], int] = {}

    def run(self, waiting: list[Asked]) -> Tried:
        for _ in range(MAX_ROUNDS):
            wanted: dict[Key, Entry] = {}
            left = [one for one in waiting if self._wants(one, wanted)]
            if not wanted:
                return self.tried
            self._add(list(wanted.values()))
            refused = {id(one.asked) for one in self.tried.refused}
            waiting = [one for one in left if id(one) not in refused]
        for one in waiting:
            self._refuse(one, Reason("no_entry", "it would take more entries than are tried"))
        return self.tried

    def _wants(self, asked: Asked, wanted: dict[Key, Entry]) -> bool:
        """Whether a request still needs entries, which are gathered."""
        try:
            entries = self._entries(asked.request)
        except _NoEntryError as error:
            self._refuse(asked, error.reason)
            return False
        for one in entries:
            wanted.setdefault(one.key, one)
            self.tried.askers.setdefault(one.key, []).append(asked)
        return bool(entries)

    def _refuse(self, asked: Asked, reason: Reason) -> None:
        self.tried.refused.append(Refused(asked, reason))

    def _entries(self, request: Request) -> list[Entry]:
        plan = self.tried.plan
        names = plan.agents.get(request.agent, ())
        if not names:
            raise _NoEntryError("unknown_agent", f"no given spec is bound to `{request.agent}`")
        alone = decide(replace(plan, agents={request.agent: names[:1]}), request)
        joint = decide(plan, request)
        if joint.allow:
            return []
        if BLOCKED in {alone.detail, joint.detail}:
            raise _NoEntryError("blocked", joint.message)
        if alone.reason == "VALIDATION_ERROR":
            raise _NoEntryError("not_canonical", alone.message)
        if alone.allow:
            raise _NoEntryError("no_entry", f"another spec of the agent refuses: {joint.message}")
        try:
            found = additions(plan.specs[names[0]], request, alone.detail)
        except RequestError as error:
            raise _NoEntryError("not_canonical", error.message) from error
        if isinstance(found, str):
            raise _NoEntryError("no_entry", found)
        entries = [self._entry(names[0], request, one) for one in found]
        if all(one.key in self.tried.entries for one in entries):
            raise _NoEntryError("no_entry", f"even with the entry written out: {alone.message}")
        return entries

    def _entry(self, spec: str, request: Request, addition: Addition) -> Entry:
        text = entry_text(addition.value)
        if text is None:
            raise _NoEntryError("no_entry", "no line of YAML can say its entry")
        if not text.isprintable():
            raise _NoEntryError("unprintable", "its entry would hold marks that nobody sees")
        home = self._home(spec, request.agent, addition.path[0])
        notes = list(addition.notes)
        if not text.isascii():
            notes.append("it holds characters beyond ASCII, which may look like others")
        place = Place(home, ("permissions", *addition.path))
        return Entry(place, addition.value, text, tuple(notes))

    def _home(self, spec: str, agent: str, category: str) -> int:
        """The document of a spec, if an entry in it is for this agent alone."""
        if (spec, category) not in self._homes:
            self._require_own(spec, agent)
            self._require_no_default(spec, category)
            document = self.family.specs[spec].document
            numbers = (n for n, one in enumerate(self.tried.documents) if one is document)
            self._homes[spec, category] = next(numbers)
        return self._homes[spec, category]

    def _require_own(self, spec: str, agent: str) -> None:
        if self.shared:
            return
        heirs = {
            name
            for name in self.family.specs
            if name == spec or spec in ancestors(self.family, name)
        }
        agents = self.tried.plan.agents.items()
        others = [one for one, names in agents if one != agent and heirs.intersection(names)]
        if others:
            named = ", ".join(f"`{one}`" for one in others[:_NAMED_AGENTS])
            more = f" and {len(others) - _NAMED_AGENTS} more" if others[_NAMED_AGENTS:] else ""
            raise _NoEntryError("shared_spec", f"spec `{spec}` is also that of {named}{more}")

    def _require_no_default(self, spec: str, category: str) -> None:
        """A spec that began to name a category would lose what the defaults say of it."""
        _, policy = self.family.policy or (None, None)
        given = policy.agent_defaults.permissions if policy and policy.agent_defaults else None
        if given is None or getattr(given, category) is None:
            return
        names = (spec, *ancestors(self.family, spec))
        held = (self.family.specs[name].model.permissions for name in names)
        if all(getattr(one, category) is None for one in held):
            place = ".".join((*DEFAULTS_PATH, category))
            raise _NoEntryError("shared_defaults", f"it is refused by `{place}`, which is for all")

    def _add(self, entries: list[Entry]) -> None:
        """Add entries; where the specs would be refused with them, those that are to blame not."""
        try:
            documents = edited(self.tried.documents, entries)
            plan, problems = build_plan(documents)
        except SpecError as error:
            plan, problems = None, error.diagnostics
        if plan is not None and not has_errors(problems):
            self.tried.documents, self.tried.plan = documents, plan
            self.tried.entries.update((one.key, one) for one in entries)
            self.family = resolve(documents)[0]
            self._homes.clear()
        elif len(entries) > 1:
            middle = len(entries) // 2
            self._add(entries[:middle])
            self._add(entries[middle:])
        else:
            first = next(one for one in problems if one.severity == "error")
            why = Reason("no_entry", f"the specs would be refused with it: {first.message}")
            for one in self.tried.askers.pop(entries[0].key):
                self._refuse(one, why)


def edited(documents: tuple[Document, ...], entries: Iterable[Entry]) -> tuple[Document, ...]:
    """The documents with the entries.

    Raises:
        SpecError: one of them is refused with them.
    """
    held = list(documents)
    by_place: dict[Place, list[Entry]] = {}
    for one in entries:
        by_place.setdefault(one.place, []).append(one)
    for place, some in by_place.items():
        values = [one.value for one in some]
        held[place.document] = with_entries(held[place.document], place.path, values)
    return tuple(held)
