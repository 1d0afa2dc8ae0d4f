"""What a spec's own tests prove, and what they do not."""

from __future__ import annotations

import pytest

from wilkc.compiler import check

SPEC = """\
permissions:
  filesystem: {read: ['./src/**']}
  llm: {allowed_models: [gpt-4], max_requests_per_hour: 1}
tests:
  - TEST
"""


def _codes(test: str) -> list[str]:
    return [found.code for found in check({"a.yaml": SPEC.replace("TEST", test).encode()})]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("allow: file:./src/a read", "deny: file:./src/a read"),
        ("deny: file:./doc/a read", "allow: file:./doc/a read"),
        (
            "{deny: 'file:./doc/a read', reason: PERMISSION_DENIED}",
            "{deny: 'file:./doc/a read', reason: RATE_LIMIT_EXCEEDED}",
        ),
        (
            "{deny: 'llm:gpt-4 request', context: {usage: {a/llm: 1}}}",
            "{deny: 'llm:gpt-4 request', context: {usage: {a/llm: 0}}}",
        ),
        # A test that cannot be read proves nothing, unless that is what it says.
        ("{deny: 'file:../a read', reason: VALIDATION_ERROR}", "deny: file:../a read"),
        ("{deny: nonsense, reason: VALIDATION_ERROR}", "deny: nonsense"),
    ],
)
def test_a_test_holds_or_fails(right: str, wrong: str) -> None:
    assert _codes(right) == []
    assert _codes(wrong) == ["W146"]


def test_a_reason_is_one_of_the_five() -> None:
    assert _codes("{deny: 'file:./doc/a read', reason: DENIED}") == ["W103"]
