"""The plan of a compile that took pieces from a store. Layer: compiler.

It is made from the sources when somebody looks at it, and whoever does, because a bundle is
to be proved, may be sure of more than the store: the members must be, to the byte, what this
plan compiles to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from wilkc.compiler.whole import assemble
from wilkc.core.errors import WilkError
from wilkc.plan import Plan, build_plan
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.compiler.model import Form

V = TypeVar("V")


@dataclass(frozen=True)
class Look:
    """A look at what a compile rests on.

    Attributes:
        sources: file name to its bytes.
        library: the fixed Rego.
        files: the members that the compile gave.
        form: their form.
    """

    sources: Mapping[str, bytes]
    library: Mapping[str, bytes]
    files: Mapping[str, bytes]
    form: Form

    @cached_property
    def plan(self) -> Plan:
        """The plan, from the sources alone.

        Raises:
            WilkError: it does not compile to these members.
        """
        plan, _ = build_plan(read_specs(self.sources).documents)
        if plan is None or assemble(plan, self.library, self.form)[0] != self.files:
            raise WilkError(
                "what was kept of earlier compiles is not what the specs say",
                help_text="remove the cache folder, and find out who can write in it",
            )
        return plan

    def later(self, specs: int, known: Plan) -> Plan:
        """The plan, of which so far only the number of specs and what is no spec is known."""
        return replace(
            known,
            specs=_Later(specs, lambda: self.plan.specs),
            agents=_Later(len(known.agents), lambda: self.plan.agents),
        )


class _Later(Mapping[str, V]):
    """A mapping whose size is known, and which is made when it is asked for anything else."""

    def __init__(self, size: int, make: Callable[[], Mapping[str, V]]) -> None:
        self._size = size
        self._make = make

    def __getitem__(self, name: str) -> V:
        return self._make()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return self._size
