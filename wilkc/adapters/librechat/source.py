"""Who has LibreChat's documents. Layer: adapters. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from wilkc.adapters.librechat.documents import Matter

if TYPE_CHECKING:
    from wilkc.adapters.librechat.documents import Facts


NOTHING_CERTAIN: Final = Matter()
"""Neither a certain agent nor a certain file or server."""


class Source(Protocol):
    """Where LibreChat's documents are."""

    def facts(self, user_id: str, matter: Matter) -> Facts | None:
        """The documents about a user and what the user wants to act on.

        Args:
            user_id: of the document of the user.
            matter: what else is asked about; what does not exist is None in the facts.

        Returns:
            None where there is no such user.

        Raises:
            UnavailableError: the documents cannot be had now.
            UsageError: a document is not what it must be.
        """
        ...
