"""Room: importers. Other tools' rules become a spec that allows no more than they did."""

from wilkc.importers.draft import Draft, Note
from wilkc.importers.sources import SOURCES, import_rules

__all__ = ["SOURCES", "Draft", "Note", "import_rules"]
