"""What may be in a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import read_bundle, write_bundle
from wilkc.bundle.archive import pack
from wilkc.core.canonical import canonical_json
from wilkc.core.errors import VerificationError, WilkError

if TYPE_CHECKING:
    from tests.unit.bundle.conftest import Workshop

MANIFEST: dict[str, Any] = {"revision": "r1", "roots": ["wilk"], "rego_version": 1}


def test_a_bundle_is_read_as_it_was_written() -> None:
    found = read_bundle(write_bundle({"wilk/data.json": b"{}"}, MANIFEST))
    assert found.files == {"wilk/data.json": b"{}"}
    assert found.manifest == MANIFEST
    assert found.signatures is None
    assert sorted(found.signed_members()) == [".manifest", "wilk/data.json"]


def test_the_same_input_gives_the_same_bytes() -> None:
    one = write_bundle({"wilk/a.rego": b"a", "wilk/data.json": b"{}"}, MANIFEST)
    two = write_bundle(
        {"wilk/data.json": b"{}", "wilk/a.rego": b"a"}, dict(reversed(MANIFEST.items()))
    )
    assert one == two


@pytest.mark.parametrize(
    "data",
    [b'{"a": 1}', b'{"b":1,"a":2}', b"{", b'{"a":1,"a":1}', b'{"a":1.5}', b'{"a":1e3}', b"NaN"],
)
def test_data_must_be_canonical(data: bytes) -> None:
    with pytest.raises(WilkError, match=r"wilk/data\.json"):
        write_bundle({"wilk/data.json": data}, MANIFEST)


def test_only_what_was_encoded_here_is_taken_for_canonical() -> None:
    encoded = canonical_json({"a": [1, "ü"], "b": True})
    assert write_bundle({"wilk/data.json": encoded}, MANIFEST) == write_bundle(
        {"wilk/data.json": bytes(encoded)}, MANIFEST
    )
    for foreign in (encoded + b" ", b" " + encoded, encoded[:-1], encoded.replace(b"1", b"1.0")):
        with pytest.raises(WilkError, match=r"wilk/data\.json"):
            write_bundle({"wilk/data.json": foreign}, MANIFEST)


@pytest.mark.parametrize("character", ["\u2028", "\u2029"])
def test_characters_that_opa_hashes_otherwise_are_refused(character: str) -> None:
    with pytest.raises(WilkError, match=r"U\+202[89]"):
        write_bundle({"wilk/data.json": canonical_json({"a": character})}, MANIFEST)
    with pytest.raises(WilkError, match=r"U\+202[89]"):
        write_bundle({}, {**MANIFEST, "metadata": {"source": character}})


@pytest.mark.parametrize(
    "name",
    [
        "a.rego",
        "other/a.rego",
        "wilkx/a.rego",
        "system/authz.rego",
        "wilk/data.yaml",
        "wilk/data.yml",
        "wilk/patch.json",
        "wilk/policy.wasm",
        "wilk/.manifest",
        "wilk/.signatures.json",
        "data.json",
        "patch.json",
    ],
)
def test_members_outside_or_strange_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot hold a member"):
        write_bundle({name: b"{}"}, MANIFEST)
    foreign = pack({".manifest": canonical_json(MANIFEST), name: b"{}"})
    with pytest.raises(VerificationError, match=f"cannot hold a member `{name}`"):
        read_bundle(foreign)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, r"has no `\.manifest`"),
        (b"{", "not one of Wilk's"),
        (b"[]", "names no revision"),
        (b'{"roots":["wilk"]}', "names no revision"),
        (b'{"revision":"","roots":["wilk"]}', "names no revision"),
        (b'{"revision":1,"roots":["wilk"]}', "names no revision"),
        (b'{"revision":"r"}', "only root"),
        (b'{"revision":"r","roots":[]}', "only root"),
        (b'{"revision":"r","roots":[""]}', "only root"),
        (b'{"revision":"r","roots":["wilk","system"]}', "only root"),
        (b'{"revision":"r","roots":["wilk"],"revision":"s"}', "twice"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_odd_manifests_are_refused(manifest: bytes | None, message: str) -> None:
    members = {} if manifest is None else {".manifest": manifest}
    with pytest.raises(VerificationError, match=message):
        read_bundle(pack(members))


def test_a_large_manifest_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wilkc.bundle.container.MAX_MANIFEST_BYTES", 10)
    with pytest.raises(VerificationError, match="larger than 10"):
        read_bundle(workshop.unsigned)
