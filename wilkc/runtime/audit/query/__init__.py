"""Finding records: by an index that may omit but not lie, or by reading all. Room: runtime."""

from wilkc.runtime.audit.query.filters import Filter, parse_time
from wilkc.runtime.audit.query.index import INDEX, update_index
from wilkc.runtime.audit.query.last import last_records
from wilkc.runtime.audit.query.search import query, scan

__all__ = [
    "INDEX",
    "Filter",
    "last_records",
    "parse_time",
    "query",
    "scan",
    "update_index",
]
