"""OPA's own pages, through its Python client: status and health. Layer: opa.

Not for decisions: the client keeps no overall deadline, honours proxies, and answers an
undefined rule like a decision. Here it is held to the unix socket, without proxies, netrc or
retries. The only module that imports `opa_client`. It is slow to load, so this module is
imported where it is used and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from opa_client import OpaClient  # type: ignore[import-untyped]  # it ships no types

from wilkc.opa.config import BUNDLE_NAME
from wilkc.opa.unix_adapter import UnixAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS: Final = 2.0
"""Time for each read of an answer."""
_NOT_FETCHED: Final = "request failed: "


@dataclass(frozen=True, slots=True)
class BundleStatus:
    """What OPA says of its bundle.

    Attributes:
        revision: the revision in force, or empty.
        error: why the newest bundle was refused, or empty. It stays until the next fetch.
        fetched: when it was last answered where it fetches bundles, as it writes it; also where
            there was nothing new.
        unfetched: why nothing could be fetched, which says nothing of any bundle, or empty.
    """

    revision: str
    error: str
    fetched: str = ""
    unfetched: str = ""


class AdminClient:
    """Asks one sidecar for its status and health."""

    def __init__(self, path: Path) -> None:
        self._client = OpaClient(retries=0, timeout=SECONDS)
        session = self._client._session  # noqa: SLF001  # the client has no other way to a socket
        session.trust_env = False
        session.mount("http://", UnixAdapter(path))

    def bundle_status(self) -> BundleStatus | None:
        """The state of the bundle, or None while OPA gives none."""
        try:
            document = self._client.get_status()
        except (OSError, ValueError):
            # Errors of `requests` are OSErrors, and those of decoding are ValueErrors.
            return None
        return _bundle_status(document)

    def healthy(self) -> bool:
        """Whether OPA's server answers. It says nothing of the bundle in force."""
        return bool(self._client.check_health())

    def close(self) -> None:
        """Close the connection."""
        self._client.close_connection()


def _bundle_status(document: Any) -> BundleStatus | None:
    value: Any = document
    for name in ("result", "bundles", BUNDLE_NAME):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return None
    revision, fetched = (
        str(value.get(name, "")) for name in ("active_revision", "last_successful_request")
    )
    error = _error_text(value)
    # OPA's own words for a fetch that failed (download.go and status.go of OPA 1.22); it has one
    # code for all that goes wrong.
    if value.get("http_code") or error.startswith(_NOT_FETCHED):
        return BundleStatus(revision, "", fetched, error)
    return BundleStatus(revision, error, fetched)


def _error_text(status: Mapping[str, Any]) -> str:
    if not status.get("code"):
        return ""
    parts = [str(status.get("message", status["code"]))]
    errors = status.get("errors")
    parts += [_place_text(error) for error in errors[:3]] if isinstance(errors, list) else []
    return "; ".join(part.strip() for part in parts)


def _place_text(error: Any) -> str:
    if not isinstance(error, dict) or not isinstance(error.get("location"), dict):
        return str(error)
    place = error["location"]
    return f"{place.get('file')}:{place.get('row')}: {error.get('message')}"
