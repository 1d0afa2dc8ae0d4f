"""The formats to the byte: trees, notes, lines, certificates, envelopes."""

from __future__ import annotations

import base64
import hashlib

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.line import (
    NO_LINE,
    CheckpointLine,
    EventLine,
    checkpoint_line,
    event_line,
    line_hash,
    parse_line,
    signing_input,
)
from wilkc.runtime.audit.note import (
    Checkpoint,
    is_origin,
    parse_checkpoint,
    parse_note,
    sign_note,
)
from wilkc.runtime.audit.sealing import bound_to_place
from wilkc.runtime.audit.segment import certificate_text, segment_first, segment_name
from wilkc.runtime.audit.tree import EMPTY_ROOT, Frontier, frontier_of, leaf_hash
from wilkc.runtime.keys import SigningKey, decrypt, parse_verifier_key, verifier_key

# The inputs and roots of the reference tests of Certificate Transparency (RFC 6962).
LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# The signed note of the documentation of Go's golang.org/x/mod/sumdb/note.
NOTE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
# Wilk's own vector.
ORIGIN = "example.org/wilk/test"
EVENT = b'{"v":"wilk.audit/v1"}'
ROOT, SEGMENT = SigningKey(bytes(range(32))), SigningKey(bytes(range(32, 64)))
CERT = (
    "9CojrolKOfcCNcoyNKC1KpobPzLDilYSDyg981Sjt/RSYnoKk/SPU3DARsQ3REj/LlvAssrowUZvibPt9VqOf/eVwgI="
)
LEAF = "484cf53fe83745535e0906766f3048e5b2194af47a1e772cb773134924117571"
SIGNATURE = (
    "ujp4ozkgCS3dLA2ZNfqYM3iyPEMD8j10o4OTCCip3N0V9WZW68Vgfy05jvcR0MTR1U/LjNBc3rNVihx7P3KRDg=="
)
PREV = "96e21f566d15ce5b7f79aae6a81b198af4388afe5da0295b35531476d4017511"
CHECKPOINT = (
    "xHsvAJuLrdQ5WDgCO7EioXJbioFROsGTM4BqVAOqEOQZnpXu1sW7gJOULTNAMe+Ao3qjbg8IIo6hGD2HP+BEjmsoTAw="
)
SEALED = "PCC3Of/UvxxqYRpkwnL9nb8hJRsCKxE="


def _grow(count: int) -> Frontier:
    tree = Frontier()
    for text in LEAVES[:count]:
        tree = tree.append(leaf_hash(bytes.fromhex(text)))
    return tree


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_trees_of_rfc_6962(size: int) -> None:
    tree = _grow(size)
    assert tree.root().hex() == ROOTS[size]
    assert frontier_of(size, tree.roots) == tree


def test_the_frontier_agrees_with_the_definition() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(70)]
    tree = Frontier()
    for size, leaf in enumerate(leaves):
        assert tree.root() == _defined(leaves[:size])
        tree = tree.append(leaf)


def _defined(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _defined(leaves[:split]) + _defined(leaves[split:])).digest()


def test_a_frontier_of_another_size_is_refused() -> None:
    for size, roots in ((1, ()), (0, (b"x" * 32,)), (1, (b"x" * 31,)), (3, (b"x" * 32,))):
        with pytest.raises(ValueError, match="frontier"):
            frontier_of(size, roots)


def test_a_published_note_verifies() -> None:
    note = parse_note(NOTE)
    note.require(parse_verifier_key(NOTE_KEY))
    with pytest.raises(VerificationError, match="not signed"):
        note.require(verifier_key("PeterNeumann", ROOT.public))
    changed = parse_note(NOTE.replace("answer", "anwser"))
    with pytest.raises(VerificationError, match="does not verify"):
        changed.require(parse_verifier_key(NOTE_KEY))


def test_the_name_of_a_signature_is_any_text_without_blanks() -> None:
    for name in ("a.example/log", "\N{LATIN SMALL LETTER E WITH ACUTE}", "a\u2014b"):
        assert parse_note(f"x\n\n\u2014 {name} AAAAAAA=\n").signatures[0].name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\u2014 ", "\u2014"),
        NOTE.replace("AM=\n", "AM\n"),
        NOTE.replace("AM=\n", "AN=\n"),
        NOTE.replace("If", "\x00If"),
        NOTE.replace("If", "\rIf"),
        "x\n\n\u2014 name AAAAAA==\n",
        "x\n\n" + "\u2014 name AAAAAAA=\n" * 101,
        # https://c2sp.org/signed-note: a name holds no Unicode spaces.
        *(f"x\n\n\u2014 a{blank}b AAAAAAA=\n" for blank in "\xa0\u1680\u2003\u2028\u2029\u3000"),
    ],
)
def test_malformed_notes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_note(text)


def test_own_vector_of_lines() -> None:
    leaf = leaf_hash(EVENT)
    assert leaf.hex() == LEAF
    signature = SEGMENT.sign(signing_input(ORIGIN, leaf))
    assert base64.b64encode(signature).decode() == SIGNATURE
    line = event_line(EVENT, signature)
    assert line == b'{"event":' + EVENT + b',"sig":"' + SIGNATURE.encode() + b'"}'
    assert line_hash(line) == PREV
    assert parse_line(line) == EventLine({"v": "wilk.audit/v1"}, EVENT, signature)
    unsigned = event_line(EVENT, None)
    assert parse_line(unsigned) == EventLine({"v": "wilk.audit/v1"}, EVENT, None)


def test_own_vector_of_notes() -> None:
    checkpoint = Checkpoint(ORIGIN, 1, bytes.fromhex(LEAF))
    note = sign_note(checkpoint.text(), ORIGIN, SEGMENT)
    assert note == f"{checkpoint.text()}\n\u2014 {ORIGIN} {CHECKPOINT}\n"
    assert parse_checkpoint(note)[0] == checkpoint
    line = checkpoint_line(note, PREV)
    assert parse_line(line) == CheckpointLine(note, PREV)
    key = verifier_key(ORIGIN, SEGMENT.public).text
    cert = sign_note(certificate_text(ORIGIN, 0, NO_LINE, key), f"{ORIGIN}/root", ROOT)
    assert cert.endswith(f"\n\n\u2014 {ORIGIN}/root {CERT}\n")


def test_own_vector_of_a_sealed_member() -> None:
    bound = bound_to_place("01972000-0000-7000-8000-000000000000", "0" * 32, ORIGIN, "input")
    opened = decrypt(bytes(range(32)), bytes(range(12)), base64.b64decode(SEALED), bound)
    assert opened == b'{"a":1}'
    elsewhere = bound_to_place("01972000-0000-7000-8000-000000000001", "0" * 32, ORIGIN, "input")
    with pytest.raises(VerificationError):
        decrypt(bytes(range(32)), bytes(range(12)), base64.b64decode(SEALED), elsewhere)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'{"event":{}}',
        b'{"event":{},"sig":1}',
        b'{"event":{},"sig":""}',
        b'{"event":[],"sig":null}',
        b'{"event":{},"extra":1,"sig":null}',
        b'{"event": {},"sig":null}',
        b'{"checkpoint":1,"prev":"' + b"0" * 64 + b'"}',
        b'{"checkpoint":"x","prev":"' + b"A" * 64 + b'"}',
        b'{"event":{"a":"' + b"x" * 60_000 + b'"},"sig":null}',
        b'{"event":{"a":"' + b"x" * 66_000 + b'"},"sig":null}',
    ],
)
def test_malformed_lines_are_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_line(line)


@pytest.mark.parametrize("text", ["example.org/a", "a.b-c/d_e/f.g"])
def test_origins(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "Example.org/a",
        "a b/c",
        "a/",
        "/a",
        "a+b/c",
        "wilk.audit.event/v1",
        "a/" + "b" * 130,
        "a/b\n",
        5,
        None,
    ],
)
def test_other_texts_name_no_log(text: object) -> None:
    assert not is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "a.b/c\n01\n",
        "a.b/c\n1\n",
        "a.b/c\n-1\n",
        "a.b/c\n1\nAAAA\n",
        "X/c\n1\n",
        "a.b/c\n1\n{0}\nx\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    body = text.replace("{0}", base64.b64encode(bytes(32)).decode())
    with pytest.raises(ValueError, match=r"."):
        parse_checkpoint(sign_note(body, "a.b/c", SEGMENT))


def test_segment_names() -> None:
    assert segment_name(7) == "seg-00000000000000000007.jsonl"
    assert segment_first(segment_name(7)) == 7
    assert segment_first("seg-7.jsonl") is None
    assert segment_first("seg-00000000000000000007.jsonl.gz") is None
