"""What a sandbox's kernel lets pass although the policy denies it, as lines. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.core.sandbox_plan import Gap
    from wilkc.plan import Plan, SpecPlan

MAX_NOTES: Final = 20
"""Lines of `wilkc check` about gaps; `wilkc explain --sandbox` shows all of an agent's."""


def gap_text(gap: Gap, spec: SpecPlan) -> str:
    """One gap, with the line of the policy it comes from."""
    place = spec.positions.get(gap.rule)
    where = f"{place.file if place else spec.span.file}:{gap.line}"
    if not gap.witness:
        return f"kernel may let pass what policy denies to {gap.action} below {gap.base}   {where}"
    if gap.action == "read":
        return f"kernel shows {gap.witness}, policy denies it   {where}"
    later = ", checked after the run" if gap.postcheck else ""
    return f"kernel lets {gap.action} {gap.witness}, policy denies it{later}   {where}"


def gap_notes(plan: Plan) -> Iterator[str]:
    """What `wilkc check` says of the gaps that nothing closes, of specs that grant commands.

    A spec without commands never has a sandbox. Names that are checked after the run are only
    counted: what is denied does not stay.
    """
    found = [
        (spec, gap)
        for spec in plan.specs.values()
        if spec.permissions.shell.allow
        for gap in spec.sandbox.gaps
    ]
    still = [f"{spec.name}: {gap_text(gap, spec)}" for spec, gap in found if not gap.postcheck]
    yield from (f"note: {line}" for line in still[:MAX_NOTES])
    if len(still) > MAX_NOTES:
        yield f"note: {len(still) - MAX_NOTES} more; see wilkc explain --sandbox AGENT"
    later = len(found) - len(still)
    if later:
        yield (
            f"note: {later} {'kind' if later == 1 else 'kinds'} of names that kernels cannot "
            "hold back and policy denies, checked after each run; see wilkc explain --sandbox AGENT"
        )
