"""Which of OPA's words say that it refused a bundle, and which that it never got one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.opa import readiness as module
from wilkc.opa.client import BundleStatus, _bundle_status
from wilkc.opa.readiness import (
    BundleRefusedError,
    NotInTimeError,
    await_recovery,
    await_revision,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CUT_OFF = 'request failed: Get "http://127.0.0.1:1/bundle.tar.gz": EOF'


class Admin:
    """Tells one status after the other, and the last one from then on."""

    def __init__(self, said: Sequence[dict[str, Any]]) -> None:
        self._said = list(said)

    def bundle_status(self) -> BundleStatus | None:
        one = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        return _bundle_status({"result": {"bundles": {"wilk": one}}})


def _await(monkeypatch: pytest.MonkeyPatch, *said: dict[str, Any]) -> None:
    monkeypatch.setattr(module, "answers", lambda _point, revision: revision == "r2")
    admin, point = Admin(said), object()
    await_revision(admin, point, "r2", seconds=0.3, failure=lambda: "")  # type: ignore[arg-type]  # all of them that is used


BEFORE = {"active_revision": "r1"}
IN_FORCE = {"active_revision": "r2"}
NOT_FETCHED = [
    {"code": "bundle_error", "message": CUT_OFF, **BEFORE},
    {"code": "bundle_error", "message": "server replied with Not Found", "http_code": 404},
    {"code": "bundle_error", "message": "server replied with ", "http_code": "500"},
]
REFUSED = [
    {"code": "bundle_error", "message": "verification error: request failed: ", **BEFORE},
    {"code": "bundle_error", "message": "error(s) occurred while compiling module(s)"},
    {"code": "bundle_error"},
]


@pytest.mark.parametrize("said", NOT_FETCHED)
def test_a_failed_fetch_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    _await(monkeypatch, said, said, BEFORE, IN_FORCE)
    with pytest.raises(NotInTimeError):
        _await(monkeypatch, said)


@pytest.mark.parametrize("said", REFUSED)
def test_a_refusal_is_final(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]) -> None:
    with pytest.raises(BundleRefusedError):
        _await(monkeypatch, BEFORE, said, IN_FORCE)


@pytest.mark.parametrize("said", [*NOT_FETCHED, *REFUSED])
def test_an_error_of_either_kind_is_to_be_forgotten(said: dict[str, Any]) -> None:
    admin = Admin([said, said, BEFORE])
    await_recovery(admin, seconds=5)  # type: ignore[arg-type]  # all of it that is used
    status = admin.bundle_status()
    assert status is not None
    assert (status.error, status.unfetched) == ("", "")
    assert len(admin._said) == 1
