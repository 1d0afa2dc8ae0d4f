"""The page of detail codes. Layer: cli (pure)."""

from __future__ import annotations

from typing import Final

from wilkc.cli.reference.refusals import NO_ANSWERS, REFUSALS
from wilkc.cli.reference.remedies import REMEDIES
from wilkc.core.details import MESSAGES

_HEAD: Final = """\
# Details of decisions

<!-- Written by `make reference`; edit `wilkc/core/details.py` and `wilkc/cli/reference`. -->

`context.detail` of a decision is one of these codes. They are stable: programs may compare
them. `context.message` is the sentence for people; in the sentences below `{text}` stands for
the deciding entry, `{list}` for the YAML list or key concerned, `{agent}` for who asked.
"""
_ANSWERED: Final = """\
## Answers

The request was understood. The reason is `PERMISSION_GRANTED` for `allowed`, `NO_PERMISSIONS`
for `unknown_agent`, `RATE_LIMIT_EXCEEDED` for `rate_exceeded`, else `PERMISSION_DENIED`.
"""
_REFUSED: Final = """\
## Requests that are refused

The reason is `VALIDATION_ERROR`: the request is malformed or not in its one canonical
spelling. Nothing is repaired. The message says what exactly was found.
"""
_UNANSWERED: Final = """\
## No answer

Nobody decided, the answer could not be used, or it could not be acted upon. All mean no.
"""


def details_page() -> str:
    """Every detail code with its sentence and what to do about it."""
    answers = {detail: (text, REMEDIES[detail]) for detail, text in MESSAGES.items()}
    return "\n".join(
        [_HEAD, _ANSWERED, _table(answers), _REFUSED, _table(REFUSALS), _UNANSWERED,
         _table(NO_ANSWERS)]
    )  # fmt: skip


def _table(entries: dict[str, tuple[str, str]]) -> str:
    rows = "".join(
        f"| `{detail}` | {text} | {todo} |\n" for detail, (text, todo) in sorted(entries.items())
    )
    return f"| detail | what it says | what to do |\n|---|---|---|\n{rows}"
