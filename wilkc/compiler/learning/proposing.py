"""From recorded requests to a proposal that compiles, and of which everything is known.

Layer: compiler. What a proposal must hold, by which it is judged before anybody sees it:

    1. every request that it is for is granted by what its text says
    2. every request that was refused here is still denied
    3. `wilkc check` warns of none of its entries
    4. what a pattern takes beside what was asked is shown by the comparison, and is no high risk
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference import compare
from wilkc.analyze.learning import Asked, Entry, Reason, Refused, siblings, try_entries
from wilkc.compiler.learning.writing import Written, write
from wilkc.compiler.reviewing import review
from wilkc.compiler.whole import understand
from wilkc.core.errors import WilkError
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wilkc.analyze.difference import Change
    from wilkc.analyze.learning import Key, Siblings
    from wilkc.core.contract import RuleRef
    from wilkc.core.diagnostics import Diagnostic

MAX_PASSES: Final = 12
"""Each leaves out what the one before showed to be wrong; most proposals need two."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a proposal.

    Attributes:
        entry: the entry.
        file: in which it stands.
        line: where, from 1, in the proposed text.
        asked: the requests that need it.
        beyond: what a pattern takes beside them, each with a shortest example; empty for literals.
    """

    entry: Entry
    file: str
    line: int
    asked: tuple[Asked, ...]
    beyond: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed.

    Attributes:
        sources: every file with the proposed entries.
        listed: the entries, by file and line.
        refused: requests for which nothing is proposed.
        warnings: what `wilkc check` would newly find, of no entry by itself.
    """

    sources: Mapping[str, bytes]
    listed: tuple[Listed, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Diagnostic, ...]


def propose(
    sources: Mapping[str, bytes],
    asked: Sequence[Asked],
    never: Sequence[Refused],
    *,
    least: int | None = None,
    shared: bool = False,
) -> Proposal:
    """The narrowest entries by which the requests are granted.

    Args:
        sources: the present specs.
        asked: requests that the specs deny.
        never: requests that must stay denied.
        least: how many files of one folder and extension become one pattern; None for never.
        shared: whether entries may be added to specs that further agents have.

    Raises:
        SpecError: the present specs have errors.
        UsageError: a file cannot be added to line by line.
        WilkError: a proposal does not hold what it must; a defect of Wilk.
    """
    return _Proposing(sources, list(never), shared=shared).run(list(asked), least)


class _Proposing:
    def __init__(
        self, sources: Mapping[str, bytes], refused: list[Refused], *, shared: bool
    ) -> None:
        self.sources = sources
        self.held = understand(sources)
        self.known = {_same(one.diagnostic, one.about) for one in review(sources).findings}
        self.refused = refused
        self.never = [one for one in refused if not decide(self.held.plan, one.asked.request).allow]
        self.shared = shared

    def run(self, asked: list[Asked], least: int | None) -> Proposal:
        for _ in range(MAX_PASSES):
            tried = try_entries(self.held.documents, self.held.plan, asked, shared=self.shared)
            entries = dict(tried.entries)
            askers = {key: tuple(tried.askers[key]) for key in entries}
            out = {id(one.asked) for one in tried.refused}
            self._refuse(tried.refused)
            asked = [one for one in asked if id(one) not in out]
            if any(out.issuperset(map(id, some)) for some in askers.values()):
                continue
            written = self._written(entries)
            faults = dict(self._faults(written, entries))
            if not faults:
                return self._whole(written, entries, askers, asked, least)
            blamed = {id(one): (one, why) for key, why in faults.items() for one in askers[key]}
            self._refuse([Refused(one, why) for one, why in blamed.values()])
            asked = [one for one in asked if id(one) not in blamed]
        raise WilkError("no proposal holds what it must", help_text="learn from fewer requests")

    def _refuse(self, more: Iterable[Refused]) -> None:
        self.refused += more
        self.never += more

    def _written(self, entries: dict[Key, Entry]) -> Written:
        """The text; entries that say what others say already are left out of it."""
        written = write(self.sources, self.held, entries.values())
        spare = [
            key
            for one in written.reviewed.findings
            if one.removable and (key := written.at(*one.diagnostic.span[:3])) is not None
        ]
        if not spare:
            return written
        for key in spare:
            del entries[key]
        return self._written(entries)

    def _faults(
        self, written: Written, entries: Mapping[Key, Entry]
    ) -> Iterator[tuple[Key, Reason]]:
        """The entries that must not be proposed, and why."""
        for one in written.reviewed.findings:  # (3)
            key = written.at(*one.diagnostic.span[:3])
            if key is not None and _same(one.diagnostic, one.about) not in self.known:
                yield key, Reason("lint", f"{one.diagnostic.code}: {one.diagnostic.message}")
        for held in self.never:  # (2)
            decision = decide(written.held.plan, held.asked.request)
            if decision.allow:
                key = _key(written, decision.rule)
                why = Reason("grants_refused", f"it would grant: {held.reason.why}")
                yield from ((one, why) for one in ([key] if key else _wide(entries)))

    def _whole(
        self,
        written: Written,
        entries: dict[Key, Entry],
        askers: Mapping[Key, tuple[Asked, ...]],
        asked: Iterable[Asked],
        least: int | None,
    ) -> Proposal:
        held = dict(askers)
        beyond: dict[Key, tuple[Change, ...]] = {}
        if least is not None:
            written, entries, beyond = self._generalised(written, entries, held, least)
        for one in asked:  # (1)
            if not decide(written.held.plan, one.request).allow:
                raise WilkError("a proposal does not grant what it is for")
        listed = [
            Listed(entry, span.file, span.line, held[key], beyond.get(key, ()))
            for key, entry in entries.items()
            for span in (written.places[key],)
        ]
        warnings = tuple(
            one.diagnostic
            for one in written.reviewed.findings
            if _same(one.diagnostic, one.about) not in self.known
        )
        listed.sort(key=lambda one: (one.file, one.line, one.entry.text))
        return Proposal(written.sources, tuple(listed), tuple(self.refused), warnings)

    def _generalised(
        self,
        literal: Written,
        entries: dict[Key, Entry],
        askers: dict[Key, tuple[Asked, ...]],
        least: int,
    ) -> tuple[Written, dict[Key, Entry], dict[Key, tuple[Change, ...]]]:
        """Patterns in place of files, as far as nothing speaks against them."""
        wanted = {one.entry.key: one for one in siblings(entries.values(), least)}
        while wanted:
            tried = _replaced(entries, wanted.values())
            written = write(self.sources, self.held, tried.values())
            refused = {key for key, _ in self._faults(written, tried)}
            beyond, feared = _beyond(literal, written, wanted)
            refused |= feared
            if not refused & wanted.keys():
                for key, one in wanted.items():
                    askers[key] = tuple(asked for held in one.of for asked in askers[held])
                return written, tried, beyond
            wanted = {key: one for key, one in wanted.items() if key not in refused}
        return literal, entries, {}


def _replaced(entries: Mapping[Key, Entry], patterns: Iterable[Siblings]) -> dict[Key, Entry]:
    held = dict(entries)
    for one in patterns:
        for key in one.of:
            del held[key]
        held[one.entry.key] = one.entry
    return held


def _beyond(
    literal: Written, written: Written, patterns: Iterable[Key]
) -> tuple[dict[Key, tuple[Change, ...]], set[Key]]:
    """What patterns take beside the files, and those of which it is too much or not known."""
    found: dict[Key, tuple[Change, ...]] = dict.fromkeys(patterns, ())
    feared: set[Key] = set()
    for group in compare(literal.held.plan, written.held.plan).groups:
        for change in group.changes:
            key = _key(written, change.new)
            if key is None:
                # Nothing but the patterns changed, so each may be what did it.
                feared.update(found)
            elif change.risk == "high":
                feared.add(key)
            else:
                found[key] = (*found.get(key, ()), change)
        for question in group.undecided:
            key = _key(written, question.rule)
            feared.update(found if key is None else {key})
    return found, feared


def _key(written: Written, rule: RuleRef | None) -> Key | None:
    return written.at(rule.file, rule.line, rule.column) if rule else None


def _wide(entries: Mapping[Key, Entry]) -> list[Key]:
    """The entries that allow more than what was asked, or else all of them."""
    return [key for key, one in entries.items() if one.notes] or list(entries)


def _same(diagnostic: Diagnostic, about: str) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.span.file, about
