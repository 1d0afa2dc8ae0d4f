"""What executed code gives back: nothing of it where a form stands in it that must not leave."""

from __future__ import annotations

import pytest

from wilkc.runtime.audit.minimise import PATTERNS
from wilkc.runtime.guard.running import LEAKED, _Output, _screened
from wilkc.runtime.sandbox import Outcome

ENDED = Outcome("exited", 0)
MAIL = b"write to jane.doe@example.org today"
TOKEN = b"ghp_" + b"a" * 36


def _kept(**pieces: bytes) -> _Output:
    kept = _Output()
    for name, piece in pieces.items():
        getattr(kept, name).take(piece)
    return kept


@pytest.mark.parametrize("place", ["stdout", "stderr", "result"])
@pytest.mark.parametrize("personal", [True, False])
def test_a_secret_is_a_violation_wherever_it_stands(place: str, *, personal: bool) -> None:
    kept = _kept(stdout=b"fine", **({place: TOKEN} if place != "stdout" else {}))
    if place == "stdout":
        kept.stdout.take(TOKEN)
        kept = _kept(stdout=b"fine " + TOKEN)
    ended = _screened(ENDED, kept, personal=personal)
    assert (ended.kind, ended.detail) == ("policy_violation", LEAKED)
    assert kept.pieces() == (b"", b"", b"")
    assert "a" * 36 not in ended.message


def test_letters_behind_a_token_hide_it_not() -> None:
    ended = _screened(ENDED, _kept(stdout=TOKEN + b"b" * 600), personal=False)
    assert ended.detail == LEAKED


def test_personal_data_counts_where_the_data_section_says_so() -> None:
    kept = _kept(stdout=MAIL)
    assert _screened(ENDED, kept, personal=False) is ENDED
    assert kept.pieces()[0] == MAIL
    ended = _screened(ENDED, kept, personal=True)
    assert (ended.kind, ended.detail) == ("policy_violation", LEAKED)
    assert kept.pieces()[0] == b""


def test_what_escapes_hide_is_seen() -> None:
    ended = _screened(ENDED, _kept(result=b'"\\u0067hp_' + b"a" * 36 + b'"'), personal=False)
    assert ended.detail == LEAKED


def test_bytes_that_are_no_text_are_looked_through() -> None:
    assert _screened(ENDED, _kept(stdout=b"\xff\xfe" * 100), personal=True) is ENDED
    assert _screened(ENDED, _kept(stdout=b"\xff " + TOKEN), personal=True).detail == LEAKED


def test_the_forms_are_those_of_the_record() -> None:
    assert {one.name for one in PATTERNS if one.kind == "secret"} >= {
        "aws-key", "aws-secret", "github-token", "github-pat", "gitlab-token", "slack-token",
        "stripe-key", "google-key", "model-key", "npm-token", "pypi-token", "jwt", "private-key",
        "password-in-url", "wilk-credential",
    }  # fmt: skip
