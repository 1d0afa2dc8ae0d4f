"""Signed plugins of agents. Room: adapters.

A plugin is a folder of files with an envelope that says their digests, signed by a key. Nothing of
it runs unless the signature verifies, every file is the one that was signed, it is not revoked, and
the agent's policy lists the key.
"""

from wilkc.adapters.plugins.content import ENVELOPE, Plugin, Statement
from wilkc.adapters.plugins.host import PluginHost
from wilkc.adapters.plugins.revoked import Revocations
from wilkc.adapters.plugins.signing import sign_plugin, verify_plugin

__all__ = [
    "ENVELOPE",
    "Plugin",
    "PluginHost",
    "Revocations",
    "Statement",
    "sign_plugin",
    "verify_plugin",
]
