"""Witness keys and cosignatures as C2SP writes them."""

from __future__ import annotations

import pytest

from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.cosignature import (
    COSIGNATURE,
    POST_QUANTUM,
    cosign,
    parse_witness_key,
    parse_witness_signer,
    witness_key,
    witness_signer_text,
)
from wilkc.runtime.audit.note import parse_checkpoint, sign_note
from wilkc.runtime.keys import SigningKey, signer_text, verifier_key
from wilkc.runtime.keys.post_quantum import PostQuantumKey, verify_post_quantum

KEY = SigningKey(bytes(range(32)))
NAME = "witness.example.com/w1"
# The checkpoint of https://c2sp.org/tlog-cosignature; the keys behind it are not published.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
    "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
    "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint, note = parse_checkpoint(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    line = note.signatures[1]
    assert (line.name, line.id.hex()) == (NAME, "8d66cf3f")
    assert int.from_bytes(line.signature[:8]) == 1679315147
    assert not witness_key(NAME, KEY.public).cosigned(note)


def test_keys_are_read_back_and_others_are_refused() -> None:
    key = witness_key(NAME, KEY.public)
    assert parse_witness_key(key.text) == key
    assert parse_witness_signer(witness_signer_text(NAME, KEY))[0] == NAME
    for text in (
        "",
        key.text[:-4],
        key.text.replace("w1", "w2"),
        verifier_key("a", KEY.public).text,
    ):
        with pytest.raises(ValueError, match=r"."):
            parse_witness_key(text)
    for text in ("", key.text, signer_text("a", KEY), "PRIVATE+KEY+a+00000000+AA=="):
        with pytest.raises(ValueError, match=r"."):
            parse_witness_signer(text)


def test_a_cosignature_binds_text_and_time() -> None:
    text = parse_checkpoint(EXAMPLE)[1].text
    base = sign_note(text, "a.b/c", KEY)
    key = witness_key(NAME, KEY.public)
    assert key.cosigned(parse_checkpoint(base + cosign(text, NAME, KEY, 5))[1])
    line = cosign(text, NAME, KEY, 5)
    other_time = cosign(text, NAME, KEY, 6)
    assert line != other_time
    for changed in (
        cosign(text.replace("20852163", "20852164"), NAME, KEY, 5),
        cosign(text, NAME, KEY, 2**63),
        sign_note(text, NAME, KEY).splitlines(keepends=True)[-1],
    ):
        note = parse_checkpoint(base + changed)[1]
        if any((one.name, one.id) == (key.name, key.id) for one in note.signatures):
            with pytest.raises(VerificationError):
                key.cosigned(note)
        else:
            assert not key.cosigned(note)


QUANTUM = PostQuantumKey(bytes(range(32)))
UNKNOWN = b"\x07"


def test_a_post_quantum_key_is_read_back_and_is_no_other() -> None:
    key = witness_key(NAME, QUANTUM.public, POST_QUANTUM)
    assert len(QUANTUM.public) == 1312
    assert parse_witness_key(key.text) == key
    name, signer = parse_witness_signer(witness_signer_text(NAME, QUANTUM))
    assert (name, signer.public) == (NAME, QUANTUM.public)
    assert key.id != witness_key(NAME, KEY.public).id
    for text in (
        key.text[:-4],
        key.text.replace("w1", "w2"),
        f"{NAME}+{key.id.hex()}+{to_base64(COSIGNATURE + QUANTUM.public)}",
        f"{NAME}+{key.id.hex()}+{to_base64(POST_QUANTUM + KEY.public)}",
        f"{NAME}+{key.id.hex()}+{to_base64(UNKNOWN + QUANTUM.public)}",
    ):
        with pytest.raises(ValueError, match=r"."):
            parse_witness_key(text)


def test_a_post_quantum_cosignature_binds_tree_name_and_time() -> None:
    text = parse_checkpoint(EXAMPLE)[1].text
    base = sign_note(text, "a.b/c", KEY)
    key = witness_key(NAME, QUANTUM.public, POST_QUANTUM)
    line = cosign(text, NAME, QUANTUM, 5)
    note = parse_checkpoint(base + line + cosign(text, NAME, KEY, 5))[1]
    assert key.cosigned(note)
    assert witness_key(NAME, KEY.public).cosigned(note)
    signature = next(one for one in note.signatures if one.id == key.id).signature
    # The message as the specification spells it, byte by byte.
    message = (
        b"subtree/v1\n\0" + bytes([len(NAME)]) + NAME.encode() + (5).to_bytes(8)
        + bytes([len("example.com/behind-the-sofa")]) + b"example.com/behind-the-sofa"
        + bytes(8) + (20852163).to_bytes(8)
        + from_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    )  # fmt: skip
    verify_post_quantum(QUANTUM.public, signature[8:], message)
    wrong = (
        cosign(text.replace("20852163", "20852164"), NAME, QUANTUM, 5),
        cosign(text.replace("CsUY", "DsUY"), NAME, QUANTUM, 5),
        cosign(text.replace("sofa", "sofb"), NAME, QUANTUM, 5),
        cosign(text, NAME, PostQuantumKey(bytes(32)), 5),
    )
    for changed in wrong[:3]:
        with pytest.raises(VerificationError, match="does not verify"):
            key.cosigned(parse_checkpoint(base + changed)[1])
    assert not key.cosigned(parse_checkpoint(base + wrong[3])[1])
    flipped = bytearray(from_base64(line.split(" ")[2].strip()))
    flipped[11] ^= 1  # the time
    moved = f"\u2014 {NAME} {to_base64(bytes(flipped))}\n"
    with pytest.raises(VerificationError, match="does not verify"):
        key.cosigned(parse_checkpoint(base + moved)[1])
    short = f"\u2014 {NAME} {to_base64(bytes(flipped[:-1]))}\n"
    with pytest.raises(VerificationError, match="malformed"):
        key.cosigned(parse_checkpoint(base + short)[1])
