"""LibreChat's permissions, asked before Wilk's. Room: adapters.

Facts of LibreChat's data are those of the npm packages `librechat-data-provider` 0.8.524 and
`@librechat/data-schemas` 0.0.71.
"""

from wilkc.adapters.librechat.adapter import LibreChatAdapter
from wilkc.adapters.librechat.documents import Matter
from wilkc.adapters.librechat.export import Export
from wilkc.adapters.librechat.mapping import ACTIONS, Verdict
from wilkc.adapters.librechat.source import Source

__all__ = ["ACTIONS", "Export", "LibreChatAdapter", "Matter", "Source", "Verdict"]
