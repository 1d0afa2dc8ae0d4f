"""What a spec compiles to by itself."""

from __future__ import annotations

from wilkc.core.canonical import canonical_json
from wilkc.emit import data_piece
from wilkc.emit.data import place_data, profile_data
from wilkc.plan import plan_spec, resolve
from wilkc.spec import read_specs

SOURCES = {
    'a"\u00fc.yaml': b"agent: a\nextends: [b]\npermissions: {llm: {allowed_models: [m1, m2]}}\n",
    "b.yaml": b"permissions: {filesystem: {read: ['./src/**'], metadata: {max_file_size: 5MB}}}\n",
}


def test_its_parts_are_the_canonical_bytes_of_their_data() -> None:
    family, _ = resolve(read_specs(SOURCES).documents)
    spec, _ = plan_spec(family, "a")
    piece = data_piece(spec)
    ((key, profile),) = piece.profiles.items()
    assert profile == canonical_json(profile_data(spec))
    assert piece.spec == canonical_json({"profile": key})
    assert piece.positions == canonical_json(place_data(spec))
    assert piece.sandbox == canonical_json(spec.sandbox.as_json())
    assert {file for file, _, _ in place_data(spec).values()} == set(SOURCES)
