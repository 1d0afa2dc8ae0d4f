"""What one agent has in either version, and what becomes of a request there. Layer: analyze.

Whatever is said to be granted by one version and denied by the other was asked of the
reference evaluator on both; the automata only say what to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from wilkc.analyze.difference.model import Change, Undecided
from wilkc.plan import NarrowSpec, Plan, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.model import Kind
    from wilkc.core.contract import Decision, Request, RuleRef
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Limit

    Rules = tuple[RuleRef | None, RuleRef | None]
    """An entry of `to` and one of `base`."""

Finding = Change | Undecided
Degree = Literal["looser", "tighter"]
NOT_CONFIRMED = "the evaluator confirms none of the examples that were tried"


@dataclass(frozen=True)
class Side:
    """One agent as one version knows it.

    Attributes:
        agent: its id.
        specs: sorted by name; none where the version does not know the agent.
    """

    agent: str
    specs: tuple[SpecPlan, ...]

    def decide(self, request: Request) -> Decision:
        """What the reference evaluator says, by this version alone."""
        held = {narrow.spec.name: narrow.near(request) for narrow in self._narrow}
        return decide(Plan(held, {self.agent: tuple(held)}), request)

    def granting(self, request: Request) -> SpecPlan | None:
        """The first spec that grants a request by itself."""
        for narrow in self._narrow:
            held = narrow.near(request)
            if decide(Plan({held.name: held}, {self.agent: (held.name,)}), request).allow:
                return narrow.spec
        return None

    @cached_property
    def kept(self) -> dict[object, Any]:
        """What questions work out once for each other, by names of their own."""
        return {}

    @cached_property
    def _narrow(self) -> tuple[NarrowSpec, ...]:
        """The specs, of which the evaluator is given what bears on each request."""
        return tuple(map(NarrowSpec, self.specs))

    def spec(self, name: str) -> SpecPlan:
        """One of the specs."""
        return next(spec for spec in self.specs if spec.name == name)


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to look at two versions: what `to` grants and `base` does not.

    Attributes:
        to: the side whose surplus is asked about.
        base: the other.
        widening: whether `to` is the new version.
        budget: steps that one question may take, see `wilkc.language.automata`.
    """

    to: Side
    base: Side
    widening: bool
    budget: int

    @property
    def kind(self) -> Kind:
        """What a request is that only `to` grants."""
        return "newly_allowed" if self.widening else "newly_denied"

    @property
    def degree(self) -> Degree:
        """What a limit is that leaves more to `to`."""
        return "looser" if self.widening else "tighter"

    @property
    def agent(self) -> str:
        """The agent that asks."""
        return self.to.agent

    def settle(self, requests: Iterable[Request]) -> Change | None:
        """The clause of the first request that `to` grants and `base` does not."""
        for request in requests:
            granted = self.to.decide(request)
            if granted.allow:
                denied = self.base.decide(request)
                if not denied.allow:
                    return self.change(request, (granted.rule, denied.rule))
        return None

    def change(self, request: Request, rules: Rules) -> Change:
        """The clause of a request that only `to` grants."""
        old, new = self._placed(rules)
        return Change(self.kind, request.type, request.action, request, old, new)

    def degree_of(
        self, what: tuple[str, str], values: tuple[str, str], rules: Rules,
        witness: Request | None = None,
    ) -> Change:  # fmt: skip
        """The clause of a limit that leaves more to `to`.

        Args:
            what: resource type, and name of the limit.
            values: for a reader, that of `to` first.
            rules: the entries, that of `to` first.
            witness: a request that shows it.
        """
        old, new = self._placed(rules)
        before, after = reversed(values) if self.widening else values
        return Change(
            self.degree, *what, witness=witness, old=old, new=new, detail=f"{before} -> {after}"
        )

    def _placed(self, rules: Rules) -> Rules:
        """The entries of the old and of the new version."""
        to, base = rules
        return (base, to) if self.widening else (to, base)


def is_spent(rate: Limit | None) -> bool:
    """Whether a rate leaves no request at all, so that what stands beside it grants nothing."""
    return rate is not None and rate.value == 0


def place_of(spec: SpecPlan, rule: str) -> RuleRef:
    """Where a rule of a spec stands."""
    return spec.positions[rule]


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that say different things: the same entries are named once for an action."""
    seen: set[object] = set()
    for one in findings:
        if isinstance(one, Change):
            key: object = (one.kind, one.type, one.action, one.old, one.new, one.detail)
        else:
            key = (one.type, one.action, one.rule)
        if key not in seen:
            seen.add(key)
            yield one
