"""A test of a condition holds of no request of its category. Layer: analyze (pure).

Some properties have one type, and a request that sends another is refused before its entries are
looked at (`wilkc.plan.judges`): a test that declares another type is never shown to hold. Scripts
are judged by `filesystem.execute` within requests of commands, whose `size` may be anything, so
nothing is said of that list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.when import Networks, OneOf, Present, Range
from wilkc.plan import entries
from wilkc.plan.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.language.when import Test

CODE: Final = "W219"
_NUMBER: Final = "a whole number"
_TRUTH: Final = "a truth value"
_TEXT: Final = "a text"
_OBJECT: Final = "an object"
TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "fs": {"resource.size": _NUMBER, "resource.directory": _TRUTH},
    "shell": {"resource.interpreter": _TEXT},
    "llm": {"resource.max_tokens": _NUMBER},
    "data": {
        "resource.classification": _TEXT,
        "resource.encrypted": _TRUTH,
        "resource.pii": _TRUTH,
    },
    "tools": {"resource.arguments": _OBJECT, "resource.signed_by": _TEXT},
}
"""Category, as ids of rules name it, to its properties of one type."""
_ADVICE: Final = {
    _NUMBER: "write numbers or sizes, such as `{max: 1MB}`",
    _TRUTH: "write `[true]` or `[false]`, without quotes",
    _TEXT: "write texts, such as `[a, b]`",
    _OBJECT: "write `{present: true}`; `tools.arguments` says what they must be",
}
_SCRIPTS: Final = "fs.execute."


def _run(subject: Subject) -> Iterator[Finding]:
    rules = (one for one in entries(subject.written).values() if isinstance(one, Rule))
    for rule in own(rules):
        types = {} if rule.id.startswith(_SCRIPTS) else TYPES.get(rule.id.partition(".")[0], {})
        for attribute, test in rule.when.tests if rule.when else ():
            wanted = types.get(attribute)
            if wanted is not None and not _may_hold(test, wanted):
                yield _finding(rule, attribute, wanted)


def _may_hold(test: Test, wanted: str) -> bool:
    """Whether a test can hold of a value of a type."""
    if isinstance(test, Present):
        return True
    if isinstance(test, OneOf):
        return {bool: _TRUTH, int: _NUMBER, str: _TEXT}[test.kind] == wanted
    if isinstance(test, Range):
        return wanted == _NUMBER
    return isinstance(test, Networks) and wanted == _TEXT


def _finding(rule: Rule[object], attribute: str, wanted: str) -> Finding:
    name = rule.id.rpartition(".")[0]
    blocks = ".block" in name
    return warning(
        CODE,
        f"the test of `{attribute}` never holds: what requests send there is {wanted}",
        rule.span,
        about=f"{name} {rule.text} {attribute}",
        label="blocks as if it were not tested" if blocks else "never grants",
        advice=_ADVICE[wanted],
    )


CHECK: Final = Check(CODE, _run)
