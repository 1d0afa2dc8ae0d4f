"""The command line and its signed bundles, as the tests of the sidecar have them."""

from tests.integration.sidecar.conftest import cli, folder, keys, signer

__all__ = ["cli", "folder", "keys", "signer"]
