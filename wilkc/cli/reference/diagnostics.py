"""The page of diagnostic codes. Layer: cli (pure)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes import CODES, Code

_ROOMS: Final = (
    ("YAML text and documents", 1, 29),
    ("Path patterns", 30, 49),
    ("Command patterns", 50, 69),
    ("Host patterns", 70, 89),
    ("Name patterns", 90, 99),
    ("Keys and values", 100, 139),
    ("Documents together", 140, 169),
    ("The sandbox section", 170, 199),
    ("Lint", 200, 239),
)
"""Title, first and last number, as `wilkc.core.codes` lays them out."""
_LONGEST_SHOWN: Final = 100
_HEAD: Final = """\
# Diagnostics

<!-- Written by `make reference`; edit the registry in `wilkc/core/codes` instead. -->

Every code that `wilkc check` and `wilkc build` can print. `wilkc rules CODE` shows one of them
in the terminal. What cannot be printed is shown as `·`, and long lines are cut at `…`.
"""


def diagnostics_page() -> str:
    """An index by room, then every code with its reason and examples."""
    rooms = [(title, _codes_between(low, high)) for title, low, high in _ROOMS]
    used = [(title, codes) for title, codes in rooms if codes]
    index = [_index(title, codes) for title, codes in used]
    sections = [_section(title, codes) for title, codes in used]
    return "\n".join([_HEAD, *index, *sections])


def _codes_between(low: int, high: int) -> list[Code]:
    return [code for code in CODES.values() if low <= int(code.id[1:]) <= high]


def _index(title: str, codes: list[Code]) -> str:
    lines = "".join(f"- [{code.id}](#{code.id.lower()}): {code.title}\n" for code in codes)
    return f"**{title}**\n\n{lines}"


def _section(title: str, codes: list[Code]) -> str:
    return f"## {title}\n\n" + "\n".join(_entry(code) for code in codes)


def _entry(code: Code) -> str:
    return (
        f'### <a id="{code.id.lower()}"></a>{code.id}: {code.title}\n\n{code.why}\n\n'
        f"Before:\n{_example(code.before)}\nAfter:\n{_example(code.after)}{_fix(code)}"
    )


def _fix(code: Code) -> str:
    return f"\nFix: {code.fix}\n" if code.fix else ""


def _example(text: str) -> str:
    """A fenced example; a fence of its own inside is impossible, as no code holds one."""
    language = "json" if text.startswith("{") else "yaml"
    lines = "\n".join(_shown(line) for line in text.rstrip("\n").split("\n"))
    return f"```{language}\n{lines}\n```\n"


def _shown(line: str) -> str:
    plain = "".join(char if char.isprintable() else "·" for char in line)
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}…"
