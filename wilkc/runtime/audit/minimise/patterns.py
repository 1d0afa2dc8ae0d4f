"""What personal data and secrets look like. Layer: runtime. Pure.

A pattern is anchored: no letter or digit stands before or after. Where the form has a checksum
it must hold. What has no form cannot be found: names, addresses, free text about health, and
passwords that are plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.runtime.audit.minimise import checksums

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["personal", "secret"]
_SEPARATORS: Final = str.maketrans("", "", " .-/")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form.

    Attributes:
        name: what it is.
        kind: whether it is about a person or opens something.
        form: the regular expression, with its anchors.
        marks: texts of which one is always in it, for a quick look; empty where digits are.
        holds: its checksum, over the text without separators; None where there is none.
    """

    name: str
    kind: Kind
    form: re.Pattern[str]
    marks: tuple[str, ...] = ()
    holds: Callable[[str], bool] | None = None

    def is_in(self, text: str) -> bool:
        """Whether the text holds one."""
        return any(self.names(found[0]) for found in self.form.finditer(text))

    def names(self, candidate: str) -> bool:
        """Whether what has the form has its checksum, too."""
        return self.holds is None or self.holds(candidate.translate(_SEPARATORS).upper())


def _form(source: str, flags: re.RegexFlag = re.ASCII) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z])(?:{source})(?![0-9A-Za-z])", flags)


_MARKED: Final = (
    Pattern("mail", "personal", _form(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}",
                                      re.UNICODE), ("@",)),
    Pattern("phone", "personal", _form(r"\+[1-9](?:[ ./()-]{0,2}[0-9]){7,14}"), ("+",)),
    Pattern("password-in-url", "secret", _form(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@\S+"),
            ("://",)),
    Pattern("aws-key", "secret", _form(r"(?:AKIA|ASIA)[0-9A-Z]{16}"), ("AKIA", "ASIA")),
    Pattern("github-token", "secret", _form(r"gh[opsur]_[0-9A-Za-z]{36,251}"),
            ("gho_", "ghp_", "ghs_", "ghu_", "ghr_")),
    Pattern("github-pat", "secret", _form(r"github_pat_[0-9A-Za-z_]{22,244}"), ("github_pat_",)),
    Pattern("gitlab-token", "secret", _form(r"glpat-[0-9A-Za-z_-]{20,64}"), ("glpat-",)),
    Pattern("slack-token", "secret", _form(r"xox[abeprs]-[0-9A-Za-z-]{10,250}"), ("xox",)),
    Pattern("stripe-key", "secret", _form(r"[rs]k_live_[0-9A-Za-z]{16,247}"), ("k_live_",)),
    Pattern("google-key", "secret", _form(r"AIza[0-9A-Za-z_-]{35}"), ("AIza",)),
    Pattern("model-key", "secret", _form(r"sk-[0-9A-Za-z_-]{20,250}"), ("sk-",)),
    Pattern("npm-token", "secret", _form(r"npm_[0-9A-Za-z]{36}"), ("npm_",)),
    Pattern("jwt", "secret", _form(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"), ("eyJ",)),
    Pattern("private-key", "secret", _form(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"),
            ("PRIVATE KEY",)),
    Pattern("bearer", "secret", _form(r"[Bb]earer [\w.~+/-]{16,}=*"), ("earer ",)),
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

_MARKS: Final = tuple(mark for pattern in _MARKED for mark in pattern.marks)
_NUMBER: Final = re.compile(r"[0-9](?:[ .-]?[0-9]){5}", re.ASCII)
_LETTERS: Final = re.compile(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]", re.ASCII)


def kinds_in(text: str) -> set[Kind]:
    """What a text holds: personal data, secrets, both or nothing."""
    found: set[Kind] = set()
    if any(mark in text for mark in _MARKS):
        found |= {
            one.kind
            for one in _MARKED
            if any(mark in text for mark in one.marks) and one.is_in(text)
        }
    if _NUMBER.search(text):
        found |= {one.kind for one in _NUMBERED if one.is_in(text)}
    if _LETTERS.search(text):
        found |= {one.kind for one in _LETTERED if one.is_in(text)}
    return found
