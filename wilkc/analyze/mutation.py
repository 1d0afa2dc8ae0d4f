"""Would a test notice? The mutation score of a policy's tests. Layer: analyze (pure).

Each entry is dropped, widened and narrowed, one change at a time. A mutant is noticed when a
test that holds now would fail. One that is not is asked about at the edges of the entry: where
no request tells it apart from the policy it is set aside as equivalent, and where one does, that
request is what a test should ask.
"""

from __future__ import annotations

import json
from collections import ChainMap
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary import type_requests
from wilkc.analyze.cases import ask
from wilkc.analyze.mutants import Mutant, mutants
from wilkc.analyze.rule_lists import ListKey, rule_lists, with_rules
from wilkc.analyze.short_form import short_form
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.atoms import ALLOW
from wilkc.language.when import example, showing
from wilkc.plan import at_request
from wilkc.plan.judges import check_properties, judge
from wilkc.plan.model import Permissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wilkc.analyze.cases import Outcome
    from wilkc.analyze.coverage import ListEntry, Use
    from wilkc.core.contract import Json
    from wilkc.language.when import When
    from wilkc.plan import Plan, SpecPlan
    from wilkc.plan.model import Rule

MAX_ASKED: Final = 3_000
"""Requests that a mutant is compared on before it counts as equivalent."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test notices.

    Attributes:
        entry: what was changed.
        mutant: how.
        witness: a request that is answered differently then: agent and short form; None where
            the short form cannot say it.
        allowed: whether the mutant allows it, which the policy does not, or the reverse.
        context: the witness's circumstances: a time, where the entry counts at some only.
    """

    entry: ListEntry
    mutant: Mutant
    witness: tuple[str, str] | None
    allowed: bool
    context: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of all mutants.

    Attributes:
        noticed: how many a test notices.
        survivors: those that none notices although they mean something else.
        equivalent: how many answered every compared request like the policy: they may still
            differ on others.
    """

    noticed: int
    survivors: tuple[Survivor, ...]
    equivalent: int

    @property
    def counted(self) -> int:
        """Mutants that a test could have noticed."""
        return self.noticed + len(self.survivors)


def mutation(plan: Plan, entries: Iterable[ListEntry], outcomes: Sequence[Outcome]) -> Mutation:
    """Change every entry in every way, and see which tests notice.

    Args:
        plan: what the specs mean.
        entries: the entries to change.
        outcomes: all tests; those that fail already are left aside.
    """
    held = [one for one in outcomes if not one.problem and one.request is not None]
    noticed = equivalent = 0
    survivors: list[Survivor] = []
    comparer = _Comparer(plan)
    for entry in entries:
        agent = _who_asks(plan, entry.uses[0])
        for mutant, changed in _changes(plan, entry):
            if _is_noticed(plan, changed, entry, held):
                noticed += 1
                continue
            found = comparer.difference(changed, entry.uses[0], mutant, agent)
            if found is None:
                equivalent += 1
            else:
                request, allowed = found
                text = short_form(replace(request, context={}))
                witness = None if text is None else (agent, text)
                survivors.append(Survivor(entry, mutant, witness, allowed, request.context))
    return Mutation(noticed, tuple(survivors), equivalent)


def _changes(plan: Plan, entry: ListEntry) -> Iterator[tuple[Mutant, Mapping[str, SpecPlan]]]:
    """Every mutant of an entry, and the specs that it changes."""
    first = entry.uses[0]
    for mutant in mutants(first.key, _rule(plan.specs[first.spec], first)):
        changed: dict[str, SpecPlan] = {}
        # From the end, so that a place stays what it was where an entry is dropped.
        for use in sorted(entry.uses, key=lambda use: -use.number):
            spec = changed.get(use.spec, plan.specs[use.spec])
            changed[use.spec] = _with(spec, use, mutant)
        yield mutant, changed


def _rules(spec: SpecPlan, key: ListKey) -> tuple[Rule[Any], ...]:
    return dict(rule_lists(spec.permissions))[key]


def _rule(spec: SpecPlan, use: Use) -> Rule[Any]:
    return _rules(spec, use.key)[use.number]


def _with(spec: SpecPlan, use: Use, mutant: Mutant) -> SpecPlan:
    rules = _rules(spec, use.key)
    made: tuple[Rule[Any], ...] = ()
    if mutant.rule is not None:
        own = rules[use.number]
        # A host entry keeps the ports and protocols of the spec that it came from.
        made = (replace(own, text=mutant.text, patterns=mutant.rule.patterns),)
    kept = (*rules[: use.number], *made, *rules[use.number + 1 :])
    return replace(spec, permissions=with_rules(spec.permissions, use.key, kept))


def _is_noticed(
    plan: Plan, changed: Mapping[str, SpecPlan], entry: ListEntry, outcomes: Iterable[Outcome]
) -> bool:
    mutated = replace(plan, specs=ChainMap({**changed}, {**plan.specs}))
    for outcome in outcomes:
        request, case = outcome.request, outcome.case
        specs = case.specs if case.specs is not None else plan.agents.get(case.agent, ())
        if request is None or changed.keys().isdisjoint(specs):
            continue
        concerned = any(_concerns(use.key, request) for use in entry.uses)
        if concerned and ask(mutated, case, request).problem:
            return True
    return False


def _concerns(key: ListKey, request: Request) -> bool:
    """Whether a list can have a say in the answer; scripts of commands are judged as files."""
    if request.type == "shell" and key.type == "file":
        return key.action in {"", "execute"}
    return request.type == key.type and key.action in {"", "port", request.action}


class _Comparer:
    """Looks for requests that tell a mutant from the policy; what was answered is kept."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[tuple[str, str], bool] = {}

    def difference(
        self, changed: Mapping[str, SpecPlan], use: Use, mutant: Mutant, agent: str
    ) -> tuple[Request, bool] | None:
        """A request of an agent that the changed spec answers in another way, and how.

        None where none was found.
        """
        spec, roles = self._plan.specs[use.spec], self._plan.roles.get(agent, ())
        seen: set[str] = set()
        for request in _questions(spec, changed[use.spec], use, mutant, agent):
            text = json.dumps(request.as_input())
            if text in seen:
                continue
            if len(seen) == MAX_ASKED:
                break
            seen.add(text)
            known = self._known.get((use.spec, text))
            if known is None:
                known = self._known[use.spec, text] = _grants(spec, request, roles)
            answered = _grants(changed[use.spec], request, roles)
            if known != answered:
                return request, answered
        return None


def _grants(spec: SpecPlan, request: Request, roles: tuple[str, ...]) -> bool:
    """Whether a spec grants a request, its rates left aside, which no list changes."""
    try:
        check_properties(request)
        counted = at_request(spec, request, roles).permissions
        return judge(counted, request, fold=spec.fold).outcome == "granted"
    except RequestError:
        return False


def _questions(
    spec: SpecPlan, changed: SpecPlan, use: Use, mutant: Mutant, agent: str
) -> Iterator[Request]:
    """Requests at the edges of the entry as it was and is, by itself and where it meets others.

    Then those at the edges of everything of its type; all at a time at which the entry counts.
    """
    when = _rule(spec, use).when
    shown = {} if when is None else example(when)
    rules = [_rule(spec, use), *([mutant.rule] if mutant.rule is not None else [])]
    bases = (Permissions(), _others(spec.permissions, use.key))
    small = [
        replace(spec, permissions=with_rules(base, use.key, (rule,)))
        for base in bases
        for rule in rules
    ]
    for one in (*small, spec, changed):
        for request in type_requests(agent, one, use.key.type):
            if _concerns(use.key, request):
                asked = showing(replace(request, context={}), shown)
                yield from _for_actions(asked, spec.permissions, use.key)


def _others(permissions: Permissions, key: ListKey) -> Permissions:
    """Nothing but the lists of the other effect and type, which the entry may meet."""
    empty = Permissions()
    for other, rules in rule_lists(permissions):
        if other.type == key.type and other.effect != key.effect:
            empty = with_rules(empty, other, rules)
    return empty


def _for_actions(request: Request, permissions: Permissions, key: ListKey) -> Iterator[Request]:
    """A block of paths holds for every action, so it is asked about with each that is granted."""
    if key.type != "file" or key.effect == ALLOW or request.type != "file":
        yield request
        return
    granted = [action for action, rules in permissions.file.allow.items() if rules]
    yield from (replace(request, action=action) for action in granted)


def _who_asks(plan: Plan, use: Use) -> str:
    """An agent that has the spec alone, one for whom the entry may count if there is one.

    Where no agent has it alone, one that is called like the spec.
    """
    when = _rule(plan.specs[use.spec], use).when
    having = (one for one, names in plan.agents.items() if names == (use.spec,))
    first = next(having, use.spec)
    if when is None:
        return first
    # What else the condition wants to be shown, the requests show.
    own, _ = when.parted()
    return next((one for one in chain([first], having) if _holds(own, plan, one)), first)


def _holds(when: When, plan: Plan, agent: str) -> bool:
    return when.holds(Request(agent, "", "", ""), plan.roles.get(agent, ())) is True
