"""Canonical host names and addresses. Layer: language (pure); the only home of idna.

LANGUAGE.md section 5. `canonical_host` is what the enforcement point applies to what a
client gave; `decision_host` is what the decision point still demands of the result.
Sources: RFC 1123, RFC 5891 and RFC 5893 (IDNA 2008), RFC 5952, WHATWG URL 'ends in a number'.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final, NoReturn

import idna

from wilkc.core.errors import RequestError
from wilkc.language.hosts.addresses import Address, unwrap

MAX_NAME: Final = 253
MAX_LABEL: Final = 63
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_NAME: Final = re.compile(rf"{_LABEL}(?:[.]{_LABEL})*")
_QUAD: Final = re.compile(rf"{_OCTET}(?:[.]{_OCTET}){{3}}")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ASCII_NAME: Final = re.compile(r"[A-Za-z0-9.-]+")
_RESERVED_HYPHENS: Final = "--"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
"""Bidirectional classes, one of which makes a label, and its whole name, a bidirectional one."""


def canonical_host(text: str) -> str:
    """The canonical spelling of a host that a client gave.

    Args:
        text: a name, an address, or an IPv6 address in brackets; no port.

    Returns:
        A lower-case name of A-labels without a final dot, a dotted quad, or an IPv6 address
        as RFC 5952 writes it. An IPv6 address that carries an IPv4 one becomes that.

    Raises:
        RequestError: with detail `host_not_canonical`; the message says why.
    """
    if not isinstance(text, str) or not text:
        _refuse("it is empty")
    if text.startswith("[") and text.endswith("]"):
        return _ipv6(text[1:-1])
    if ":" in text:
        return _ipv6(text)
    host = text.removesuffix(".")
    host = _ascii_name(host) if host.isascii() else _unicode_name(host)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _quad(host)
    _check_labels(host)
    return host


def decision_host(text: object) -> str | Address:
    """What the decision point reads in a host: a name, or an address.

    The labels of an internationalised name cannot be decoded there; that they are valid is
    the enforcement point's duty.

    Raises:
        RequestError: with detail `host_not_canonical`: it is spelt in another way.
    """
    if not isinstance(text, str):
        _refuse("it is not text")
    if ":" in text or _QUAD.fullmatch(text):
        return decision_address(text)
    if len(text) > MAX_NAME or not _NAME.fullmatch(text):
        _refuse("it is no canonical name")
    labels = text.split(".")
    if any(_is_reserved(label) and not label.startswith("xn--") for label in labels):
        _refuse("a label has hyphens in places 3 and 4")
    if _NUMBER.fullmatch(labels[-1]):
        _refuse("its last label is a number")
    return text


def decision_address(text: object) -> Address:
    """What the decision point reads in an address; only one spelling of each is read.

    Raises:
        RequestError: with detail `host_not_canonical`: it is no address, or spelt in another
            way than `canonical_host` would.
    """
    if not isinstance(text, str) or "%" in text:
        _refuse("it is no address")
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise _refusal("it is no address") from error
    if unwrap(address) != address:
        _refuse("it carries an IPv4 address, which must be given as such")
    if str(address) != text:
        _refuse(f"the address is written `{address}`")
    return address


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise _refusal("it holds a colon, but is no IPv6 address") from error
    if address.scope_id is not None:
        _refuse("it holds a zone id")
    return str(unwrap(address))


def _quad(host: str) -> str:
    if not _QUAD.fullmatch(host):
        _refuse("its last label is a number, but it is no dotted quad")
    return host


def _ascii_name(host: str) -> str:
    if not _ASCII_NAME.fullmatch(host):
        _refuse("it holds a character that no host name holds")
    return host.lower()


def _unicode_name(host: str) -> str:
    if not unicodedata.is_normalized("NFC", host):
        _refuse("it is not in Unicode form NFC")
    return ".".join(
        _ascii_name(label) if label.isascii() and label else _a_label(label)
        for label in host.split(".")
    )


def _a_label(label: str) -> str:
    # Encoding takes time that grows with the square of the length, and never shortens.
    if len(label) > MAX_LABEL:
        _refuse(f"a label has more than {MAX_LABEL} characters")
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError as error:
        raise _refusal(f"a label is not valid under IDNA 2008: {error}") from error


def _check_labels(host: str) -> None:
    if len(host) > MAX_NAME:
        _refuse(f"it has more than {MAX_NAME} characters")
    labels = host.split(".")
    for label in labels:
        _check_label(label)
    if any(map(_is_reserved, labels)):
        _check_direction(labels)


def _check_direction(labels: list[str]) -> None:
    """RFC 5893, section 2: one label written from right to left binds all labels of its name.

    Else a name would be shown with its labels in another order than they are looked up in.
    """
    shown = [idna.ulabel(label) for label in labels]
    held = {unicodedata.bidirectional(char) for label in shown for char in label}
    if held.isdisjoint(_RIGHT_TO_LEFT):
        return
    try:
        for label in shown:
            idna.check_bidi(label, check_ltr=True)
    except UnicodeError as error:
        raise _refusal("its labels are written in directions that do not go together") from error


def _check_label(label: str) -> None:
    if not label:
        _refuse("it holds an empty label")
    if len(label) > MAX_LABEL:
        _refuse(f"a label has more than {MAX_LABEL} characters")
    if label.startswith("-") or label.endswith("-"):
        _refuse("a label begins or ends with a hyphen")
    if not _is_reserved(label):
        return
    if not label.startswith("xn--"):
        _refuse("a label has hyphens in places 3 and 4")
    try:
        valid = idna.alabel(idna.ulabel(label)).decode("ascii") == label
    except UnicodeError as error:
        raise _refusal("an internationalised label is not valid") from error
    if not valid:
        _refuse("an internationalised label does not round-trip")


def _is_reserved(label: str) -> bool:
    return label[2:4] == _RESERVED_HYPHENS


def _refuse(why: str) -> NoReturn:
    raise _refusal(why)


def _refusal(why: str) -> RequestError:
    return RequestError("host_not_canonical", f"the host is not canonical: {why}")
