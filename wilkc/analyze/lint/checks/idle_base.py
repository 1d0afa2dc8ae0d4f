"""An extended spec adds nothing. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.essence import essence
from wilkc.analyze.lint.model import Check, Finding, Subject, warning
from wilkc.plan import ancestors, united_permissions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.plan import Family

CODE: Final = "W214"


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    if model is None or not model.extends:
        return
    name = subject.name
    whole = essence(united_permissions(subject.family, name))
    for number, base in enumerate(model.extends):
        if _confines(subject.family, base):
            continue
        others = tuple(one for place, one in enumerate(model.extends) if place != number)
        if essence(united_permissions(_extending(subject.family, name, others), name)) == whole:
            yield warning(
                CODE,
                f"`{base}` adds nothing to this spec",
                subject.document.where(("extends", number)),
                about=f"extends {base}",
                advice="leave it out, or leave out here what it says already",
            )


def _confines(family: Family, base: str) -> bool:
    """Whether a base, or one of its own, says how commands are confined."""
    held = (base, *ancestors(family, base))
    return any(family.specs[one].model.sandbox is not None for one in held)


def _extending(family: Family, name: str, bases: tuple[str, ...]) -> Family:
    """The same documents, but that one spec extends others."""
    held = family.specs[name]
    model = held.model.model_copy(update={"extends": bases})
    return replace(family, specs={**family.specs, name: replace(held, model=model)})


CHECK: Final = Check(CODE, _run)
