"""The only way out of a sandbox with `network: restricted`: a proxy that asks. Room: runtime."""

from wilkc.runtime.egress.gateway import Gateway, Way
from wilkc.runtime.egress.outside import Outside

__all__ = ["Gateway", "Outside", "Way"]
