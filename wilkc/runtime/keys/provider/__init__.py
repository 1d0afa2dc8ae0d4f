"""Providers: what wraps the first keys of a ring, one file each. Room: runtime."""

from wilkc.runtime.keys.provider.choose import create_provider, open_provider
from wilkc.runtime.keys.provider.file import refuse_inside

__all__ = ["create_provider", "open_provider", "refuse_inside"]
