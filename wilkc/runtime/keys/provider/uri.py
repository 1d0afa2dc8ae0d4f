"""PKCS #11 URIs (RFC 7512), as far as a provider needs them. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from wilkc.core.errors import UsageError

SCHEME: Final = "pkcs11:"
_EXAMPLE: Final = (
    "pkcs11:token=NAME;object=LABEL?module-path=/path/to/library.so&pin-source=file:/path/to/pin"
)
_FILE: Final = "file:"


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a provider's keys are.

    Attributes:
        token: label of the token.
        label: label of the keys in it.
        module: the token's library.
        pin: file of the user's PIN.
    """

    token: str
    label: str
    module: Path
    pin: Path


def parse_uri(text: str) -> TokenPlace:
    """Read a URI; all four attributes are needed, and no others are known.

    The PIN is never in the URI, as others can read the arguments of a process.

    Raises:
        UsageError: it is malformed, or says more or less.
    """
    path, _, query = text.removeprefix(SCHEME).partition("?")
    found = {**_attributes(path, ";"), **_attributes(query, "&")}
    if "pin-value" in found:
        raise UsageError(
            "a PIN must not stand in a `pkcs11:` URI", help_text="name its file by `pin-source`"
        )
    expected = {"token", "object", "module-path", "pin-source"}
    if set(found) != expected or not all(found.values()):
        names = ", ".join(f"`{name}`" for name in sorted(expected))
        raise UsageError(f"a `pkcs11:` URI says {names}, each once", help_text=_EXAMPLE)
    pin = found["pin-source"].removeprefix(_FILE)
    # `file:///path` and `file:/path` are the same (RFC 8089).
    pin = pin.removeprefix("//")
    places = Path(found["module-path"]), Path(pin)
    if not all(place.is_absolute() for place in places):
        raise UsageError("the paths of a `pkcs11:` URI are absolute", help_text=_EXAMPLE)
    return TokenPlace(found["token"], found["object"], *places)


def _attributes(text: str, separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise UsageError(f"`{name}` of a `pkcs11:` URI is malformed", help_text=_EXAMPLE)
        try:
            found[name] = unquote_to_bytes(value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"`{name}` of a `pkcs11:` URI is not UTF-8") from error
    return found
