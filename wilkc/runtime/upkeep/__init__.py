"""What a log needs while it is written, beside decisions and never on their way. Room: runtime."""

from wilkc.runtime.upkeep.activation import PolicyLog
from wilkc.runtime.upkeep.chores import Chore, Worker
from wilkc.runtime.upkeep.watch import Watch

__all__ = ["Chore", "PolicyLog", "Watch", "Worker"]
