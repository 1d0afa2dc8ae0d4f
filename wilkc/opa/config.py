"""The sidecar's configuration and command line. Layer: opa (pure).

Facts behind each setting: OPA's documentation, "Configuration" and "Bundles". A misspelt key
is no error to OPA but a warning, and may switch verification off: the process treats that
warning as a failure to start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE_NAME: Final = "wilk"
"""Name of the bundle in status and provenance."""
CONFIG_FILE: Final = "opa.json"
AUTHZ_FILE: Final = "authz.rego"
HEALTH_SOCKET: Final = "health.sock"
STATUS_SOCKET: Final = "status.sock"
RESOURCE: Final = "bundle.tar.gz"
MAX_BODY_BYTES: Final = 65_536
MAX_CACHED_PATTERNS: Final = 10_000
"""Compiled patterns that OPA keeps; without a bound they outlive their bundles."""
LONG_POLL_SECONDS: Final = 30
_DRAIN_SECONDS: Final = 2
"""How long requests in flight may take after the signal to stop."""


def sidecar_config(*, port: int, token: str, keys: Mapping[str, bytes], scope: str) -> bytes:
    """OPA's configuration file.

    Args:
        port: loopback port that the bundle is fetched from.
        token: secret that the fetch is authorised by.
        keys: key id to public key in PEM; OPA accepts bundles of no other.
        scope: scope that bundles must be signed for; empty for none.
    """
    credentials = {"bearer": {"token": token}}
    service = {"url": f"http://127.0.0.1:{port}", "credentials": credentials}
    # One key is named, so that OPA uses no other. Of several, the one is used whose id the
    # signature names. A block that is there, even an empty one, demands a signature.
    only = {"keyid": next(iter(keys))} if len(keys) == 1 else {}
    signing = {**only, **({"scope": scope} if scope else {})}
    polling = {
        "min_delay_seconds": 1,
        "max_delay_seconds": 5,
        "long_polling_timeout_seconds": LONG_POLL_SECONDS,
    }
    bundle = {
        "service": BUNDLE_NAME,
        "resource": RESOURCE,
        "signing": signing,
        "polling": polling,
    }
    limit = {"max_length": MAX_BODY_BYTES}
    config: dict[str, Any] = {
        "services": {BUNDLE_NAME: service},
        "bundles": {BUNDLE_NAME: bundle},
        "keys": {
            name: {"algorithm": "ES256", "key": pem.decode("ascii")} for name, pem in keys.items()
        },
        "caching": {"inter_query_builtin_value_cache": {"max_num_entries": MAX_CACHED_PATTERNS}},
        "server": {"decoding": {**limit, "gzip": limit}},
        "status": {"prometheus": True},
    }
    return canonical_json(config)


def sidecar_command(opa: str, *, socket_name: str) -> list[str]:
    """The command that starts OPA, to be run in the run folder.

    Paths are relative to that folder: OPA reads `name:path` out of arguments and URLs out of
    addresses, so a folder's name must not stand in either.
    """
    return [
        opa, "run", "--server",
        "--config-file", CONFIG_FILE,
        "--addr", f"unix://./{socket_name}",
        "--unix-socket-perm", "600",
        "--diagnostic-addr", f"unix://./{HEALTH_SOCKET}",
        "--authorization", "basic",
        "--skip-version-check",
        "--shutdown-grace-period", str(_DRAIN_SECONDS),
        "--log-format", "json",
        "--log-level", "info",
        "--log-level-request", "debug",
        AUTHZ_FILE,
    ]  # fmt: skip
