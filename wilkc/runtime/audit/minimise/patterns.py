"""What personal data and secrets look like. Layer: runtime. Pure.

A pattern is anchored: no letter or digit stands before it, and of personal data none after it.
Where the form has a checksum it must hold. Every repetition is bounded, as the text is anybody's.
What has no form cannot be found: names, addresses, free text about health, and passwords that are
plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.runtime.audit.minimise import checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = Literal["personal", "secret"]
SECRETS: Final[frozenset[Kind]] = frozenset({"secret"})
KINDS: Final[frozenset[Kind]] = frozenset({"personal", "secret"})
_SEPARATORS: Final = str.maketrans("", "", " .-/")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form.

    Attributes:
        name: what it is.
        kind: whether it is about a person or opens something.
        form: the regular expression, with its anchors.
        marks: texts of which one is always in it, in whatever case, for a quick look; empty where
            digits are.
        holds: its checksum, over the text without separators; None where there is none.
    """

    name: str
    kind: Kind
    form: re.Pattern[str]
    marks: tuple[str, ...] = ()
    holds: Callable[[str], bool] | None = None

    def is_in(self, text: str) -> bool:
        """Whether the text holds one."""
        return next(self.spans(text), None) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each one begins and ends, in the order of their beginnings; some may overlap."""
        found = self.form.search(text)
        while found:
            end = self._end(text, found)
            if end:
                yield found.start(), end
            # Where a checksum holds by chance, or does not, a number may still begin within.
            after = found.end() if self.holds is None else found.start() + 1
            found = self.form.search(text, after)

    def _end(self, text: str, longest: re.Match[str]) -> int:
        """The last end at which the checksum holds, too; 0 where it holds at none.

        What has the form may reach into what stands behind: a card's date, an account's currency.
        """
        if self.holds is None:
            return longest.end()
        found: re.Match[str] | None = longest
        while found:
            start, end = found.span()
            # `_AFTER` once more: it sees nothing behind the end that is set below.
            if _NONE_AFTER.match(text, end) and self.holds(_bare(found[0])):
                return end
            found = self.form.match(text, start, end - 1)
        return 0


def _bare(text: str) -> str:
    return text.translate(_SEPARATORS).upper()


_BEFORE: Final = "(?<![0-9A-Za-z])(?:"
_AFTER: Final = ")(?![0-9A-Za-z])"
_NONE_AFTER: Final = re.compile("(?![0-9A-Za-z])")


def _form(source: str, flags: re.RegexFlag = re.ASCII) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}{source}{_AFTER}", flags)


def _token(source: str) -> re.Pattern[str]:
    """What opens something however it goes on: letters behind it make it no other."""
    return re.compile(rf"(?<![0-9A-Za-z])(?:{source})", re.ASCII)


_MARKED: Final = (
    Pattern("mail", "personal", _form(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}",
                                      re.UNICODE), ("@",)),
    Pattern("phone", "personal", _form(r"\+[1-9](?:[ ./()-]{0,2}[0-9]){7,14}"), ("+",)),
    Pattern("password-in-url", "secret",
            _token(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^/\s:@]{0,256}:[^/\s@]{1,1024}@\S"), ("://",)),
    Pattern("aws-key", "secret",
            re.compile(r"(?<![0-9A-Z])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])"), ("AKIA", "ASIA")),
    Pattern("aws-secret", "secret",
            re.compile(r"(?i:aws_secret_access_key)[\"' ]{0,3}[=:][\"' ]{0,3}[0-9A-Za-z/+]{40}"),
            ("aws_secret_access_key",)),
    Pattern("github-token", "secret", _token(r"gh[opsur]_[0-9A-Za-z]{36}"),
            ("gho_", "ghp_", "ghs_", "ghu_", "ghr_")),
    Pattern("github-pat", "secret", _token(r"github_pat_[0-9A-Za-z_]{22}"), ("github_pat_",)),
    Pattern("gitlab-token", "secret", _token(r"glpat-[0-9A-Za-z_-]{20}"), ("glpat-",)),
    Pattern("slack-token", "secret", _token(r"xox[abeprs]-[0-9A-Za-z-]{10}"), ("xox",)),
    Pattern("stripe-key", "secret", _token(r"[rs]k_live_[0-9A-Za-z]{16}"), ("k_live_",)),
    Pattern("google-key", "secret", _token(r"AIza[0-9A-Za-z_-]{35}"), ("AIza",)),
    Pattern("model-key", "secret", _token(r"sk-[0-9A-Za-z_-]{20}"), ("sk-",)),
    Pattern("npm-token", "secret", _token(r"npm_[0-9A-Za-z]{36}"), ("npm_",)),
    Pattern("pypi-token", "secret", _token(r"pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{20}"),
            ("pypi-AgEIcHlwaS5vcmc",)),
    Pattern("jwt", "secret",
            _token(r"eyJ[\w-]{8,2000}+\.eyJ[\w-]{8,8000}+\.[\w-]{8}"), (".eyJ",)),
    Pattern("private-key", "secret",
            re.compile(r"-----BEGIN [0-9A-Z ]{0,64}PRIVATE KEY(?: BLOCK)?-----"), ("PRIVATE KEY",)),
    Pattern("bearer", "secret", _token(r"(?i:bearer)[ \t]{1,64}[\w.~+/-]{16}"), ("bearer",)),
    Pattern("wilk-credential", "secret", _token(r"w[krs]_[0-9a-f]{16}_[0-9A-Za-z_-]{43}"),
            ("wk_", "wr_", "ws_")),
)  # fmt: skip
_NUMBERED: Final = (
    Pattern("card", "personal", _form(r"[3-6](?:[ -]?[0-9]){12,18}"), holds=checksums.luhn),
    Pattern("iban", "personal", _form(r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30}"),
            holds=checksums.mod_97),
    Pattern("ssn", "personal", _form(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), holds=checksums.ssn),
    Pattern("nino", "personal",
            _form(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
                  r"(?: ?[0-9]{2}){3} ?[A-D]")),
    Pattern("nir", "personal", _form(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}"),
            holds=checksums.nir),
    Pattern("dni", "personal", _form(r"[0-9XYZ][0-9]{7}-?[A-Z]"), holds=checksums.dni),
    Pattern("steuer-id", "personal", _form(r"[1-9][0-9]{10}"), holds=checksums.steuer_id),
    Pattern("pesel", "personal", _form(r"[0-9]{11}"), holds=checksums.pesel),
    Pattern("cpf", "personal", _form(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
            holds=checksums.cpf),
    Pattern("ahv", "personal", _form(r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}"),
            holds=checksums.ean_13),
    Pattern("personnummer", "personal",
            _form(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[-+][0-9]{4}"),
            holds=lambda text: checksums.luhn(text.replace("+", ""))),
    Pattern("aadhaar", "personal", _form(r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}"),
            holds=checksums.verhoeff),
)  # fmt: skip
_LETTERED: Final = (
    Pattern("codice-fiscale", "personal",
            _form(r"[A-Z]{6}[0-9]{2}[A-EHLMPR-T][0-9]{2}[A-Z][0-9]{3}[A-Z]"),
            holds=checksums.codice_fiscale),
)  # fmt: skip
PATTERNS: Final = (*_MARKED, *_NUMBERED, *_LETTERED)
"""All forms; `docs/keys.md` lists them."""

_BY_MARK: Final = tuple((mark.lower(), pattern) for pattern in _MARKED for mark in pattern.marks)
_NUMBER: Final = re.compile(r"[0-9](?:[ .-]?[0-9]){5}", re.ASCII)
_ANY_NUMBERED: Final = _form(
    "|".join(one.form.pattern[len(_BEFORE) : -len(_AFTER)] for one in _NUMBERED)
)
"""Whether any of them is there, in one go and before their checksums are asked."""
_LETTERS: Final = re.compile(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]", re.ASCII)


def kinds_in(text: str) -> set[Kind]:
    """What a text holds: personal data, secrets, both or nothing."""
    return {one.kind for one in _found(text, KINDS)}


def name_in(text: str, kinds: frozenset[Kind]) -> str:
    """The name of a form of these kinds that a text holds, or empty."""
    return next((one.name for one in _found(text, kinds)), "")


def _found(text: str, kinds: frozenset[Kind]) -> Iterator[Pattern]:
    """Each form of these kinds that a text holds; most texts need one quick look."""
    low = text.lower()
    for mark, one in _BY_MARK:
        if mark in low and one.kind in kinds and one.is_in(text):
            yield one
    if "personal" not in kinds:
        return
    if _NUMBER.search(text) and _ANY_NUMBERED.search(text):
        yield from (one for one in _NUMBERED if one.is_in(text))
    if _LETTERS.search(text):
        yield from (one for one in _LETTERED if one.is_in(text))
