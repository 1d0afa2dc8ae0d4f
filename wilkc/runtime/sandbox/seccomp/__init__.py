"""The system call filter of a sandbox, assembled here. Room: runtime."""

from wilkc.runtime.sandbox.seccomp.rules import build_filter

__all__ = ["build_filter"]
