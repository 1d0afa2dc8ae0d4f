"""Versions out of bundles: their sources, and that the bundle decides by them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import (
    SOURCES,
    generate_key,
    read_bundle,
    read_sources_of,
    sign_bundle,
    write_bundle,
    write_key_pair,
    write_sources,
)
from wilkc.cli.building import build_bundle
from wilkc.cli.versions import Trust, Version, open_version
from wilkc.compiler import FORMS, Form
from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[4] / "policies" / "examples"
WIDER = "permissions: {filesystem: {read: [./**]}}\n"


@pytest.fixture(scope="module")
def bundle() -> bytes:
    """The examples' bundle."""
    return build_bundle([str(EXAMPLES)]).bundle


def _opened(tmp_path: Path, data: bytes, trust: Trust | None = None) -> Version:
    path = tmp_path / "b.tar.gz"
    path.write_bytes(data)
    return open_version(str(path), ["policies"], trust or Trust())


def _changed(data: bytes, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> bytes:
    bundle = read_bundle(data)
    files, manifest = dict(bundle.files), dict(bundle.manifest)
    manifest["metadata"] = dict(manifest["metadata"])
    change(files, manifest)
    return write_bundle(files, manifest)


def test_a_bundle_carries_its_sources(tmp_path: Path, bundle: bytes) -> None:
    version = _opened(tmp_path, bundle)
    assert dict(version.sources) == {
        str(path): path.read_bytes() for path in EXAMPLES.glob("*.yaml")
    }
    assert (version.compiler, version.key_id) == ("", "")


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_can_be_compared(tmp_path: Path, form: Form) -> None:
    data = build_bundle([str(EXAMPLES)], form=form).bundle
    assert len(_opened(tmp_path, data).sources) == 4


def test_the_member_is_the_same_for_the_same_files() -> None:
    files = {"b.yaml": "text: \u2028 ü\n".encode(), "a.yaml": "\r\n# \x85\n".encode()}
    member = write_sources(files)
    assert member == write_sources(dict(reversed(files.items())))
    assert read_sources_of({SOURCES: member}) == files
    assert list(read_sources_of({SOURCES: member})) == ["a.yaml", "b.yaml"]


def test_sources_that_the_bundle_does_not_decide_by_are_refused(
    tmp_path: Path, bundle: bytes
) -> None:
    def lie(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        sources = {"reviewer.yaml": WIDER.encode()}
        files[SOURCES] = write_sources(sources)
        digests = {name: sha256_hex(text) for name, text in sources.items()}
        manifest["metadata"]["sources"] = digests

    with pytest.raises(VerificationError, match="do not give its revision"):
        _opened(tmp_path, _changed(bundle, lie))


def test_sources_that_the_manifest_does_not_name_are_refused(tmp_path: Path, bundle: bytes) -> None:
    def add(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        del manifest
        files[SOURCES] += write_sources({"z.yaml": WIDER.encode()})

    with pytest.raises(VerificationError, match="other sources than its manifest names"):
        _opened(tmp_path, _changed(bundle, add))


def test_sources_that_do_not_compile_are_refused(tmp_path: Path, bundle: bytes) -> None:
    def damage(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        files[SOURCES] = write_sources({"a.yaml": b"permissions: {fil: 1}\n"})
        manifest["metadata"]["sources"] = {"a.yaml": sha256_hex(b"permissions: {fil: 1}\n")}

    with pytest.raises(VerificationError, match="do not compile"):
        _opened(tmp_path, _changed(bundle, damage))


def test_a_bundle_of_another_version_is_compiled_by_this_one(tmp_path: Path, bundle: bytes) -> None:
    def age(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        del files
        manifest["metadata"]["compiler"] = "0.0.9"
        manifest["revision"] = "0" * 64

    assert _opened(tmp_path, _changed(bundle, age)).compiler == "0.0.9"


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (None, "does not carry its sources"),
        (b"{}\n", "a line is no file"),
        (b"[\n", "is malformed"),
        (b'{"file":1,"text":"a"}\n', "by no text"),
        (b'{"file":"a","text":"a"}\n' * 2, "named twice"),
    ],
)
def test_a_malformed_member_is_refused(
    tmp_path: Path, bundle: bytes, member: bytes | None, message: str
) -> None:
    def put(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        del manifest, files[SOURCES]
        if member is not None:
            files[SOURCES] = member

    with pytest.raises(VerificationError, match=message):
        _opened(tmp_path, _changed(bundle, put))


def test_while_keys_change_several_are_trusted(tmp_path: Path, bundle: bytes) -> None:
    old, new, other = generate_key(), generate_key(), generate_key()
    keys = [write_key_pair(tmp_path, name, key)[1] for name, key in (("old", old), ("new", new))]
    trust = Trust(keys=tuple(map(str, keys)))
    for name, key in (("old", old), ("new", new)):
        signed = sign_bundle(bundle, key, key_id=name)
        assert _opened(tmp_path, signed, trust).key_id == name
    for name in ("old", "new", "other"):
        with pytest.raises(VerificationError):
            _opened(tmp_path, sign_bundle(bundle, other, key_id=name), trust)


def test_a_signature_is_verified_where_a_key_is_named(tmp_path: Path, bundle: bytes) -> None:
    private, other = generate_key(), generate_key()
    _, key = write_key_pair(tmp_path, "release", private)
    signed = sign_bundle(bundle, private, key_id="release")
    assert _opened(tmp_path, signed, Trust(keys=(str(key),))).key_id == "release"
    assert _opened(tmp_path, signed).key_id == ""
    for wrong in (bundle, sign_bundle(bundle, other, key_id="release")):
        with pytest.raises(VerificationError):
            _opened(tmp_path, wrong, Trust(keys=(str(key),)))
    with pytest.raises(VerificationError, match="scope"):
        _opened(tmp_path, signed, Trust(keys=(str(key),), scope="prod"))
