"""The guardrails that the organisation's policy states. Layer: analyze. LANGUAGE.md section 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.analyze.prove.model import Never, Within
from wilkc.language.guardrails import parse_guardrail
from wilkc.spec import SecurityPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.spec import Document

_PLACE: Final = ("security_policy", "guardrails")


class Wanted(NamedTuple):
    """What is to be proved.

    Attributes:
        nevers: in the order written.
        within: the spec that bounds all agents, or None.
    """

    nevers: tuple[Never, ...]
    within: Within | None


def wanted_guardrails(documents: Iterable[Document]) -> Wanted:
    """The guardrails of all policies among the documents, of which there is at most one."""
    nevers: list[Never] = []
    within = None
    for document in documents:
        stated = document.model.guardrails if isinstance(document.model, SecurityPolicy) else None
        if stated is None:
            continue
        for number, text in enumerate(stated.never or ()):
            span = document.where((*_PLACE, "never", number))
            nevers.append(Never(text, parse_guardrail(text), span))
        if stated.within is not None:
            within = Within(stated.within, document.where((*_PLACE, "within")))
    return Wanted(tuple(nevers), within)
