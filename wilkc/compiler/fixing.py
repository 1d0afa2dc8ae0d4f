"""Mending what can be mended without a change of meaning. Layer: compiler.

Only findings say what may be done: entries that add nothing are taken out, and a name that
holds already is written down. Every new text is compiled and compared before anybody sees it:
each spec must say the same as before but for the rules taken out, of which the findings have
shown that they do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.lint import essence
from wilkc.compiler.reviewing import Reviewed, review
from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import WilkError
from wilkc.syntax import with_line_above, without_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.analyze.lint import Finding
    from wilkc.core.spans import Span
    from wilkc.plan import Plan


@dataclass(frozen=True, slots=True)
class Fixed:
    """What came of it.

    Attributes:
        texts: the new text of each file that changed.
        mended: the findings that are mended.
        left: those that could be mended, but not without touching more of the text.
        review: what is found in the new texts.
    """

    texts: Mapping[str, bytes]
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]
    review: Reviewed


def fix(sources: Mapping[str, bytes], reviewed: Reviewed, findings: Iterable[Finding]) -> Fixed:
    """Mend findings, all that can be.

    Args:
        sources: file name to its bytes.
        reviewed: what was found in them.
        findings: those of its findings that shall be mended.

    Raises:
        WilkError: the new texts would not mean the same; that is a fault of this module.
    """
    wanted = [one for one in findings if one.removable or one.line_above]
    by_file: dict[str, list[Finding]] = {}
    for finding in wanted:
        by_file.setdefault(finding.diagnostic.span.file, []).append(finding)
    texts, left = {}, set()
    for file, held in by_file.items():
        text, undone = _edited(sources[file], held)
        left |= undone
        if text != sources[file]:
            texts[file] = text
    again = review({**sources, **texts})
    mended = tuple(one for one in wanted if one.diagnostic.span not in left)
    if texts:
        gone = frozenset(one.diagnostic.span for one in mended if one.removable)
        _compare(reviewed.plan, again, gone)
    unmended = tuple(one for one in wanted if one.diagnostic.span in left)
    return Fixed(texts, mended, unmended, again)


def _edited(data: bytes, findings: Iterable[Finding]) -> tuple[bytes, set[Span]]:
    """The new text, and the places that were left as they are."""
    left = set()
    by_span = {one.diagnostic.span: one for one in findings}
    # Last ones first, so that the places of the others stay what they are.
    for span in sorted(by_span, reverse=True):
        finding = by_span[span]
        new = (
            without_item(data, span)
            if finding.removable
            else with_line_above(data, span, finding.line_above)
        )
        if new is None:
            left.add(span)
        else:
            data = new
    return data, left


def _compare(old: Plan | None, again: Reviewed, gone: frozenset[Span]) -> None:
    new = again.plan
    same = (
        old is not None
        and new is not None
        and not has_errors(again.problems)
        and old.agents == new.agents
        and old.specs.keys() == new.specs.keys()
        and all(
            essence(old.specs[name].permissions, gone) == essence(new.specs[name].permissions)
            and old.specs[name].fold == new.specs[name].fold
            for name in old.specs
        )
    )
    if not same:
        raise WilkError(
            "the specs would not mean the same after mending",
            help_text="all files were left as they are; this is a fault of `wilkc check --fix`",
        )
