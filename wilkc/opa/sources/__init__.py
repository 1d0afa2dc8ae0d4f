"""Where bundles come from: a file, a folder, or an address. Part of the room opa."""

from __future__ import annotations

from wilkc.opa.sources.model import Offer, Source
from wilkc.opa.sources.opening import open_source

__all__ = ["Offer", "Source", "open_source"]
