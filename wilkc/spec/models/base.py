"""What all sections of a document have in common. Layer: spec."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from wilkc.core.errors import PatternError
from wilkc.core.names import NAME
from wilkc.core.units import (
    duration_pattern,
    parse_duration,
    parse_percentage,
    parse_size,
    percentage_pattern,
    size_pattern,
)
from wilkc.language.atoms import ALLOW, BLOCK, Effect
from wilkc.language.commands import parse_command_rule
from wilkc.language.guardrails import parse_granted, parse_guardrail
from wilkc.language.hosts import parse_host_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN = "wilk_pattern"
WORDS = "wilk_words"


class Section(BaseModel):
    """A mapping of a document: closed, frozen, and without conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Says of a text in a model that it is a pattern; stands beside what checks it.

    Attributes:
        language: which of the pattern languages it is in.
        effect: the kind of list that it stands in, where the language reads the two apart.
    """

    language: Literal["path", "command", "host", "name", "guardrail", "granted"]
    effect: Effect = ALLOW


SOMETHING: dict[str, Any] = {"minProperties": 1}
"""What editors are told of a document that is told by any one of its keys."""


def refusal(code: str, message: str, help_text: str = "") -> PydanticCustomError:
    """An error of ours that travels through pydantic; `code` is a diagnostic code."""
    return PydanticCustomError(
        WORDS, "{message}", {"message": message, "code": code, "help": help_text}
    )


def _pattern(parse: Callable[[str], object]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            parse(text)
        except PatternError as error:
            raise PydanticCustomError(
                PATTERN,
                "{message}",
                {
                    "message": error.message,
                    "code": error.code,
                    "help": error.help_text,
                    "start": error.start,
                    "end": error.end,
                },
            ) from error
        return text

    return AfterValidator(check)


def _unit(parse: Callable[[object], int]) -> BeforeValidator:
    def check(value: object) -> int:
        try:
            return parse(value)
        except ValueError as error:
            raise refusal("W104", str(error)) from error

    return BeforeValidator(check)


def _quantity(pattern: str) -> WithJsonSchema:
    """What editors are told of a number with a unit: a bare number, or a text."""
    text = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, text]})


_TEXT = WithJsonSchema({"type": "string", "minLength": 1})
"""What editors are told of a pattern; `wilkc check` tells the rest."""
AllowedPath = Annotated[
    str, _pattern(lambda text: parse_path_rule(text, ALLOW)), Pattern("path", ALLOW), _TEXT
]
BlockedPath = Annotated[
    str, _pattern(lambda text: parse_path_rule(text, BLOCK)), Pattern("path", BLOCK), _TEXT
]
AllowedCommand = Annotated[
    str, _pattern(lambda text: parse_command_rule(text, ALLOW)), Pattern("command", ALLOW), _TEXT
]
BlockedCommand = Annotated[
    str, _pattern(lambda text: parse_command_rule(text, BLOCK)), Pattern("command", BLOCK), _TEXT
]
HostText = Annotated[str, _pattern(parse_host_rule), Pattern("host"), _TEXT]
GuardrailText = Annotated[str, _pattern(parse_guardrail), Pattern("guardrail"), _TEXT]
GrantedText = Annotated[str, _pattern(parse_granted), Pattern("granted"), _TEXT]
NameText = Annotated[str, _pattern(parse_name_rule), Pattern("name"), _TEXT]
Size = Annotated[int, _unit(parse_size), _quantity(size_pattern())]
Duration = Annotated[int, _unit(parse_duration), _quantity(duration_pattern())]
Percentage = Annotated[
    int,
    _unit(parse_percentage),
    WithJsonSchema({"type": "string", "pattern": percentage_pattern()}),
]
Count = Annotated[int, Field(ge=0)]


def _check_name(text: str) -> str:
    if NAME.fullmatch(text) is None:
        raise refusal(
            "W105",
            f"`{text}` is not a name",
            "a name begins with a letter or digit and holds only those, `.`, `_` and `-`",
        )
    return text


NAME_SCHEMA: dict[str, Any] = {"type": "string", "pattern": f"^{NAME.pattern}$"}
Name = Annotated[str, AfterValidator(_check_name), WithJsonSchema(NAME_SCHEMA)]
KEY: Final = re.compile(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", re.ASCII)
"""A verifier key with its name, as C2SP signed notes have them."""


def _check_key(text: str) -> str:
    if KEY.fullmatch(text) is None:
        _check_name(text)
    return text


KEY_SCHEMA: dict[str, Any] = {
    "type": "string",
    "anyOf": [{"pattern": f"^{NAME.pattern}$"}, {"pattern": f"^{KEY.pattern}$"}],
}
Key = Annotated[str, AfterValidator(_check_key), WithJsonSchema(KEY_SCHEMA)]
"""What a key is listed by: a name of the operator's, or the public key itself."""
Words = Annotated[str, Field(min_length=1)]
Setting = bool | str
"""A value that the seeds give as a word or as a switch."""
