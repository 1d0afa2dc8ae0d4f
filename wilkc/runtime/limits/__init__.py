"""Rate limits: hits that are taken before an action, never more than allowed. Room: runtime.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.runtime.limits.conditions import limits_of, refusal
    from wilkc.runtime.limits.failures import RateExceededError, RateStoreError
    from wilkc.runtime.limits.memory import MemoryStore
    from wilkc.runtime.limits.model import Hit, RateLimit, RateStore
    from wilkc.runtime.limits.redis import Promises, RedisStore
    from wilkc.runtime.limits.sqlite import SqliteStore

__all__ = [
    "Hit",
    "MemoryStore",
    "Promises",
    "RateExceededError",
    "RateLimit",
    "RateStore",
    "RateStoreError",
    "RedisStore",
    "SqliteStore",
    "limits_of",
    "refusal",
]
_HOMES: Final = {
    "conditions": ("limits_of", "refusal"),
    "failures": ("RateExceededError", "RateStoreError"),
    "memory": ("MemoryStore",),
    "model": ("Hit", "RateLimit", "RateStore"),
    "redis": ("Promises", "RedisStore"),
    "sqlite": ("SqliteStore",),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
