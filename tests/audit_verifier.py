"""A second verifier of audit logs, written from the design alone.

It shares no code with the product: the standard library, and `cryptography` for Ed25519. It
holds everything in memory and stops at the first fault, so that it is short enough to check
by reading. Used by tests/integration/audit/test_second_verifier.py.

usage: python tests/audit_verifier.py LOG ROOT_VKEY [CHECKPOINT]
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MEMBERS = {
    "v", "log", "seq", "id", "ts", "mono_us", "boot", "prev", "phase", "ref", "class", "actor",
    "action", "context", "decision", "result", "security", "subject", "sealed",
}  # fmt: skip
SHAPES = {
    "actor": {"id", "name", "type"},
    "action": {"details", "resource", "type"},
    "context": {"ip_address", "request_id", "session_id", "trace_id", "user_agent"},
    "result": {"error", "message", "status"},
    "security": {"compliance_tags", "kid", "risk_level"},
}
DECISION = {
    "allow", "conditions", "decision_id", "detail", "latency_us", "reason", "revision", "rule",
}  # fmt: skip
HEADER = {"cert", "format", "frontier", "key", "kind", "mode", "ring", "settings"}
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class BadLogError(Exception):
    """The log does not verify."""


def need(condition: object, why: str) -> None:
    """Stop unless something holds."""
    if not condition:
        raise BadLogError(why)


def unbase64(text: str) -> bytes:
    """Strict standard base64."""
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64")
    return data


def canonical(data: bytes) -> Any:
    """A canonical JSON text of the subset."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len({key for key, _ in pairs}) == len(pairs), "a member twice")
        return dict(pairs)

    def no_float(_: str) -> Any:
        raise BadLogError("a float")

    value = json.loads(
        data.decode(), object_pairs_hook=unique, parse_float=no_float, parse_constant=no_float
    )
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    need(again.encode() == data, "not canonical")
    return value


def verifier_key(text: str) -> tuple[str, bytes, bytes]:
    """Name, id and public key of a verifier key."""
    name, digits, encoded = text.split("+", 2)
    data = unbase64(encoded)
    need(len(data) == 33 and data[:1] == b"\x01", "a key's kind")
    key_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    need(key_id.hex() == digits, "a key's id")
    return name, key_id, data[1:]


def signed(public: bytes, signature: bytes, message: bytes) -> None:
    """Require a signature."""
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def open_note(note: str, key: str) -> str:
    """The text of a note, which this key must have signed."""
    text, blank, lines = note.rpartition("\n\n")
    need(blank and lines.endswith("\n"), "a note's form")
    name, key_id, public = verifier_key(key)
    found = False
    for line in lines[:-1].split("\n"):
        need(line.startswith("\u2014 "), "a note's signature line")
        signer, encoded = line[2:].split(" ", 1)
        data = unbase64(encoded)
        if signer == name and data[:4] == key_id:
            signed(public, data[4:], (text + "\n").encode())
            found = True
    need(found, "a note without the key's signature")
    return text + "\n"


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def frontier(leaves: list[bytes]) -> list[str]:
    """Roots of the complete subtrees, largest first."""
    roots, start = [], 0
    for bit in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> bit & 1:
            roots.append(base64.b64encode(root_of(leaves[start : start + (1 << bit)])).decode())
            start += 1 << bit
    return roots


def check_event(event: dict[str, Any]) -> None:
    """The shape of a record."""
    need(set(event) == MEMBERS and event["v"] == "wilk.audit/v1", "members")
    for name, members in SHAPES.items():
        need(isinstance(event[name], dict) and set(event[name]) == members, name)
    need(event["decision"] is None or set(event["decision"]) == DECISION, "decision")
    need((event["phase"] == "intent") == (event["decision"] is not None), "phase")
    need(event["phase"] in {"intent", "outcome", "system"}, "phase")
    need(event["class"] in {"security", "access", "operation"}, "class")
    need(event["result"]["status"] in {"success", "failure", "warning"}, "status")
    need(event["security"]["risk_level"] in {"low", "medium", "high", "critical"}, "risk")
    need(UUID7.fullmatch(event["id"]) and TIME.fullmatch(event["ts"]), "id or time")


class Verifier:
    """One pass over a log."""

    def __init__(self, log: Path, root: str) -> None:
        self.log, self.root = log, root
        self.leaves: list[bytes] = []
        self.prev, self.origin, self.covered = "0" * 64, "", 0
        self.ids: set[str] = set()
        self.intents: set[str] = set()
        self.keys: list[str] = []
        self.header: dict[str, Any] = {}
        self.seal: dict[str, Any] | None = None
        self.first, self.fresh, self.after_note = 0, True, False

    def run(self, outside: str | None) -> int:
        """Verify everything; the number of events."""
        paths = sorted(self.log.glob("seg-*"))
        need(paths, "no segment")
        for path in paths:
            need(path.name == f"seg-{len(self.leaves):020d}.jsonl", path.name)
            self.fresh = True
            data = path.read_bytes()
            need(data.endswith(b"\n"), "a torn end")
            for line in data[:-1].split(b"\n"):
                need(len(line) <= 65_535, "a long line")
                self.line(line)
                self.prev = hashlib.sha256(line).hexdigest()
        need(self.covered == len(self.leaves), "an unsealed tail")
        need(self.seal is None or self.seal["final"], "no successor")
        published = (self.log / "checkpoint").read_bytes().decode()
        need(any(self.signed_by(published, key) for key in self.keys), "the published checkpoint")
        for note in (published, *([outside] if outside else [])):
            self.compare(note)
        return len(self.leaves)

    def signed_by(self, note: str, key: str) -> bool:
        """Whether a key signed, and its signature is right."""
        name, key_id, _ = verifier_key(key)
        lines = note.rpartition("\n\n")[2].splitlines()
        if not any(
            line[2:].split(" ")[0] == name and unbase64(line.split(" ")[-1])[:4] == key_id
            for line in lines
        ):
            return False
        open_note(note, key)
        return True

    def compare(self, note: str) -> None:
        """A checkpoint against the log."""
        text = note.rpartition("\n\n")[0] + "\n"
        origin, size, root, end = text.split("\n")
        need(not end and origin == self.origin, "the checkpoint's origin")
        need(str(int(size)) == size and int(size) <= len(self.leaves), "truncated")
        need(root_of(self.leaves[: int(size)]) == unbase64(root), "another root")
        for key in self.keys:
            self.signed_by(note, key)

    def line(self, line: bytes) -> None:
        """One line of either kind."""
        value = canonical(line)
        if set(value) == {"checkpoint", "prev"}:
            need(value["prev"] == self.prev and not self.fresh, "a checkpoint's place")
            need(not self.after_note, "two checkpoints")
            need(value["checkpoint"].rpartition("\n\n")[2].count("\n") == 1, "its signatures")
            text = open_note(value["checkpoint"], self.header["key"])
            root = base64.b64encode(root_of(self.leaves)).decode()
            need(text == f"{self.origin}\n{len(self.leaves)}\n{root}\n", "a checkpoint's text")
            self.covered, self.after_note = len(self.leaves), True
            return
        need(set(value) == {"event", "sig"}, "a line's kind")
        self.event(line, value["event"], value["sig"])

    def event(self, line: bytes, event: dict[str, Any], sig: str | None) -> None:
        """One record."""
        end = b',"sig":null}' if sig is None else b',"sig":"' + sig.encode() + b'"}'
        stored = line[len(b'{"event":') : -len(end)]
        need(len(stored) <= 60_000, "a long event")
        check_event(event)
        need(event["seq"] == len(self.leaves) and event["prev"] == self.prev, "its place")
        need(event["id"] not in self.ids, "an id twice")
        need(not self.origin or event["log"] == self.origin, "another log")
        need(event["phase"] != "outcome" or event["ref"] in self.intents, "no intent")
        details = event["action"]["details"]
        need((event["action"]["type"] == "system.header") == self.fresh, "a header's place")
        need(self.fresh or self.seal is None, "after a seal")
        if self.fresh:
            self.begin(event, details)
        name, key_id, public = verifier_key(self.header["key"])
        need(name == event["log"] and event["security"]["kid"] == key_id.hex(), "its key")
        need((sig is None) == (self.header["mode"] == "checkpoint"), "its mode")
        leaf = hashlib.sha256(b"\x00" + stored).digest()
        if sig is not None:
            message = f"wilk.audit.event/v1\n{name}\n".encode() + leaf
            signed(public, unbase64(sig), message)
        for envelope in event["sealed"].values():
            if envelope["blob"] is not None:
                path = self.log / "blobs" / envelope["blob"][:2] / envelope["blob"]
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                need(digest == envelope["blob"], "a blob")
        if event["action"]["type"] == "system.seal":
            count = len(self.leaves) - self.first + 1
            need(details["first"] == self.first and details["count"] == count, "a seal")
            self.seal = details
        self.leaves.append(leaf)
        self.ids.add(event["id"])
        if event["phase"] == "intent":
            self.intents.add(event["id"])
        self.after_note = False

    def begin(self, event: dict[str, Any], details: dict[str, Any]) -> None:
        """The header of a segment."""
        need(set(details) == HEADER and event["phase"] == "system", "a header")
        need(details["frontier"] == frontier(self.leaves), "a frontier")
        kind, key = details["kind"], details["key"]
        if kind in {"genesis", "reanchor"}:
            text = f"wilk.audit.key/v1\n{event['log']}\n{event['seq']}\n{event['prev']}\n{key}\n"
            need(open_note(details["cert"], self.root) == text, "a certificate")
        else:
            need(details["cert"] is None, "a certificate")
        need((kind == "genesis") == (event["seq"] == 0), "a genesis")
        if kind == "continue":
            sealed = self.seal and self.covered == len(self.leaves)
            need(sealed and self.seal and self.seal["next"] == key, "an unsealed predecessor")
        elif kind == "recovered":
            before = (self.header["key"], self.header["mode"])
            need(self.seal is None and before == (key, details["mode"]), "a recovery")
        self.header, self.seal, self.origin = details, None, event["log"]
        self.first, self.fresh = event["seq"], False
        self.keys.append(key)


def verifies(log: Path, root: str, outside: str | None = None) -> bool:
    """Whether a log verifies."""
    try:
        Verifier(log, root).run(outside)
    except (BadLogError, InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return False
    except (OSError, IndexError, RecursionError):
        return False
    return True


def main() -> None:
    """Say whether a log verifies."""
    log, root, *outside = sys.argv[1:]
    text = Path(outside[0]).read_text(encoding="utf-8") if outside else None
    print(f"{Verifier(Path(log), root).run(text)} events verify")


if __name__ == "__main__":
    main()
