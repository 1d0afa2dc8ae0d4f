"""Rate limits: hits that are taken before an action, never more than allowed. Room: runtime."""

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
