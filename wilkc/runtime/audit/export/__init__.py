"""What leaves a log in other forms: proofs, tiles, events of other schemas. Room: runtime."""

from wilkc.runtime.audit.export.bundle import Proven, make_bundle, verify_bundle
from wilkc.runtime.audit.export.growth import make_growth, verify_growth
from wilkc.runtime.audit.export.ocsf import ocsf_event
from wilkc.runtime.audit.export.otlp import otlp_request
from wilkc.runtime.audit.export.tiles import write_tiles

__all__ = [
    "Proven",
    "make_bundle",
    "make_growth",
    "ocsf_event",
    "otlp_request",
    "verify_bundle",
    "verify_growth",
    "write_tiles",
]
