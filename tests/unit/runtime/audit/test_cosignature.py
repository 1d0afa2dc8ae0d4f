"""Witness keys and cosignatures as C2SP writes them."""

from __future__ import annotations

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.cosignature import (
    cosign,
    parse_witness_key,
    parse_witness_signer,
    witness_key,
    witness_signer_text,
)
from wilkc.runtime.audit.note import parse_checkpoint, sign_note
from wilkc.runtime.keys import SigningKey, signer_text, verifier_key

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
