"""The place of a bundle in its releaser's sequence: signed, and never ambiguous."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.bundle.conftest import FILES, MANIFEST
from wilkc.bundle import read_bundle, sequence_of, sign_bundle, with_sequence, write_bundle
from wilkc.core.canonical import MAX_INTEGER
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from tests.unit.bundle.conftest import Workshop


@pytest.mark.parametrize("number", [1, 2, MAX_INTEGER])
def test_a_number_is_signed_and_read(workshop: Workshop, number: int) -> None:
    data = sign_bundle(workshop.unsigned, workshop.key, key_id="k", scope="prod", sequence=number)
    assert workshop.verify(data).sequence == number
    assert workshop.verify(data).revision == workshop.verify(workshop.signed).revision
    again = sign_bundle(data, workshop.key, key_id="k", scope="prod")
    assert again == data


def test_without_a_number_the_place_is_the_oldest(workshop: Workshop) -> None:
    assert workshop.verify(workshop.signed).sequence == 0


def test_the_rest_of_the_manifest_stays() -> None:
    manifest = {**MANIFEST, "metadata": {"compiler": "1", "sequence": 4}}
    changed = {**MANIFEST, "metadata": {"compiler": "1", "sequence": 5}}
    assert with_sequence(manifest, 5) == changed
    assert sequence_of(changed) == 5
    assert sequence_of(manifest) == 4


@pytest.mark.parametrize("number", [0, -1, MAX_INTEGER + 1])
def test_numbers_that_are_no_place_are_not_given(workshop: Workshop, number: int) -> None:
    with pytest.raises(UsageError, match="cannot be the sequence"):
        sign_bundle(workshop.unsigned, workshop.key, key_id="k", sequence=number)


@pytest.mark.parametrize("odd", [0, -1, True, "7", None, [7], MAX_INTEGER + 1, {}])
def test_odd_places_are_refused(workshop: Workshop, odd: Any) -> None:
    with pytest.raises(VerificationError, match="`sequence` is not a number"):
        sequence_of({"metadata": {"sequence": odd}})
    if isinstance(odd, int) and odd > MAX_INTEGER:
        return
    unsigned = write_bundle(FILES, {**MANIFEST, "metadata": {"sequence": odd}})
    with pytest.raises(VerificationError, match="`sequence` is not a number"):
        sign_bundle(unsigned, workshop.key, key_id="k")


def test_a_changed_number_breaks_the_signature(workshop: Workshop) -> None:
    data = sign_bundle(workshop.unsigned, workshop.key, key_id="k", scope="prod", sequence=2)
    manifest = read_bundle(data).manifest_bytes.replace(b'"sequence":2', b'"sequence":9')
    with pytest.raises(VerificationError, match=r"member `\.manifest` was changed"):
        workshop.verify(workshop.changed(data, **{".manifest": manifest}))
