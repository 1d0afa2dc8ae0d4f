"""What is signed of a plugin. Layer: adapters (pure).

The payload of the envelope (DSSE v1, see `wilkc.core.dsse`) is a statement in canonical JSON: name,
version, the file that is run, and path, size and SHA-256 of every file. Its own digest identifies
the plugin, to the byte.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.encoding import is_hex
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.language.requests import MAX_REQUEST_BYTES
from wilkc.runtime.guard.securely import MAX_GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVELOPE: Final = "plugin.dsse.json"
"""Name of the envelope in the plugin's folder."""
PAYLOAD_TYPE: Final = "application/vnd.wilk.plugin.v1+json"
MAX_FILES: Final = 256
MAX_BYTES: Final = 16 * 2**20
"""Of a folder that are read at all."""
MAX_HANDED: Final = MAX_GIVEN - MAX_REQUEST_BYTES - 64
"""Bytes of all files as a run is handed them, which leaves room for any arguments beside them."""
_VERSION: Final = "wilk.plugin/v1"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)
_MEMBERS: Final = {"v", "name", "version", "entry", "files"}
_DIGEST_DIGITS: Final = 64


@dataclass(frozen=True, slots=True)
class Statement:
    """What a key signs.

    Attributes:
        name: of the plugin, by which policies call it as a tool.
        version: for people.
        entry: the file that is run.
        files: path to size and SHA-256 in hexadecimal, for every file.
    """

    name: str
    version: str
    entry: str
    files: Mapping[str, tuple[int, str]]

    @property
    def payload(self) -> bytes:
        """The bytes that are signed."""
        files = [
            {"path": path, "sha256": digest, "size": size}
            for path, (size, digest) in sorted(self.files.items())
        ]
        return encode_subset(
            {
                "v": _VERSION,
                "name": self.name,
                "version": self.version,
                "entry": self.entry,
                "files": files,
            }
        )

    @property
    def digest(self) -> str:
        """The plugin's identity: SHA-256 of the payload, in hexadecimal."""
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin whose signature and files verified; whether its key is trusted is the policy's.

    Attributes:
        statement: what was signed.
        signer: the key that signed, as a C2SP verifier key.
        files: path to the bytes that were verified, which are those to run.
    """

    statement: Statement
    signer: str
    files: Mapping[str, bytes]


def state(name: str, version: str, entry: str, files: Mapping[str, bytes]) -> Statement:
    """The statement of files.

    Raises:
        UsageError: a name or path is not plain, the entry is not there, or there is too much.
    """
    stated = Statement(
        name,
        version,
        entry,
        {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()},
    )
    wrong = _fault(stated)
    if wrong:
        raise UsageError(f"this plugin cannot be signed: {wrong}")
    return stated


def read_statement(payload: bytes) -> Statement:
    """The statement in a payload whose signature verified.

    Raises:
        VerificationError: it is none.
    """
    try:
        document = parse_subset(payload)
    except (ValueError, UnicodeDecodeError) as error:
        raise VerificationError(f"what was signed is no plugin: {error}") from error
    if not isinstance(document, dict) or set(document) != _MEMBERS or document["v"] != _VERSION:
        raise VerificationError("what was signed is no plugin of this version")
    name, version, entry = document["name"], document["version"], document["entry"]
    if not all(isinstance(text, str) for text in (name, version, entry)):
        raise VerificationError("what was signed is no plugin: a name is no text")
    stated = Statement(name, version, entry, _files(document["files"]))
    wrong = _fault(stated)
    # Encoded again, so that no second text of the same plugin has another digest.
    if wrong or stated.payload != payload:
        raise VerificationError(
            f"what was signed is no plugin: {wrong or 'its files are not in order'}"
        )
    return stated


def require_files(stated: Statement, files: Mapping[str, bytes]) -> None:
    """Require that files are those that were signed, no more and no fewer.

    Raises:
        VerificationError: they are not; the message names the first that differs.
    """
    for path in sorted({*stated.files, *files}):
        if path not in files:
            raise VerificationError(f"the plugin's file `{path}` is missing")
        if path not in stated.files:
            raise VerificationError(f"the plugin's file `{path}` was not signed")
        data = files[path]
        if stated.files[path] != (len(data), hashlib.sha256(data).hexdigest()):
            raise VerificationError(f"the plugin's file `{path}` is not the one that was signed")


def is_plain_path(path: str) -> bool:
    """Whether a path is made of plain names alone, none of which is hidden or leads up."""
    return all(_PART.fullmatch(part) for part in path.split("/"))


def _files(value: Any) -> dict[str, tuple[int, str]]:
    if not isinstance(value, list):
        raise VerificationError("what was signed is no plugin: `files` is no list")
    files: dict[str, tuple[int, str]] = {}
    for one in value:
        if not isinstance(one, dict) or set(one) != {"path", "sha256", "size"}:
            raise VerificationError("what was signed is no plugin: a file is malformed")
        path, digest, size = one["path"], one["sha256"], one["size"]
        texts = isinstance(path, str) and isinstance(digest, str)
        if not texts or not is_hex(digest, _DIGEST_DIGITS) or type(size) is not int or size < 0:
            raise VerificationError("what was signed is no plugin: a file is malformed")
        files[path] = (size, digest)
    return files


def _fault(stated: Statement) -> str:
    """What is wrong with a statement, or nothing."""
    for text in (stated.name, stated.version):
        if not _NAME.fullmatch(text):
            return f"`{text}` is no plain name of letters, digits, `.`, `_` and `-`"
    for path in stated.files:
        if not is_plain_path(path):
            return f"`{path}` is no plain path"
    if stated.entry not in stated.files:
        return f"the file to run, `{stated.entry}`, is not there"
    if len(stated.files) > MAX_FILES:
        return f"it has more than {MAX_FILES} files"
    if _handed(stated) > MAX_HANDED:
        return f"with names and in base64 its files have more than {MAX_HANDED} bytes"
    return ""


def _handed(stated: Statement) -> int:
    """Bytes of `"PATH": "BASE64", ` of all files, see `PluginHost.call`."""
    sizes = ((path, size) for path, (size, _) in stated.files.items())
    return sum(len(path) + 4 * ((size + 2) // 3) + 8 for path, size in sizes)
