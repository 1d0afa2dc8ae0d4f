"""What ends a connection of the proxy before it is carried. Layer: runtime. No I/O.

EgressError
├── MalformedError     what the client sent is not what a proxy may be asked
├── HelloError         what the client sends through its tunnel is no TLS to the granted host
└── UnreachableError   the granted host has no address, or nobody answers there
"""

from __future__ import annotations


class EgressError(Exception):
    """One connection comes to nothing.

    Args:
        detail: stable code, for the record and for tests.
        message: one sentence for a person or a model.
    """

    def __init__(self, detail: str, message: str) -> None:
        super().__init__(message)
        self.detail = detail
        self.message = message


class MalformedError(EgressError):
    """The request could be read in two ways, or not at all."""


class HelloError(EgressError):
    """The tunnel does not begin with a TLS hello that names the granted host."""


class UnreachableError(EgressError):
    """There is no way to the granted host."""
