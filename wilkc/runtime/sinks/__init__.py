"""Closed segments and checkpoints, kept elsewhere too. Room: runtime."""

from wilkc.runtime.sinks.folder import FolderSink
from wilkc.runtime.sinks.model import Sink
from wilkc.runtime.sinks.receipts import Receipts, kept_elsewhere, note_folder, receipt_folders
from wilkc.runtime.sinks.shipping import Shipment, check, ship

__all__ = [
    "FolderSink",
    "Receipts",
    "Shipment",
    "Sink",
    "check",
    "kept_elsewhere",
    "note_folder",
    "receipt_folders",
    "ship",
]
