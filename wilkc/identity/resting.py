"""What was got with a credential ends with it, however that ended. Layer: identity.

A revoked one stands in the list. A key that was rotated ends after its overlap, which may be long
before the end that it had when something was got with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.identity.failures import EXPIRED, AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wilkc.identity.revocation import Kind, Revocations


def require_lasting(
    rests_on: Iterable[tuple[Kind, str]],
    now: int,
    revocations: Revocations,
    one: Callable[..., tuple[Any, ...] | None],
) -> None:
    """Require that nothing which a credential was got with has ended.

    Args:
        rests_on: see `Principal`.
        now: seconds since 1970.
        revocations: what is revoked.
        one: the first row of a question to the database.

    Raises:
        AuthenticationError: something has.
        UnavailableError: it cannot be looked up.
    """
    for kind, name in rests_on:
        revocations.require_none(now, (kind, name))
        if kind == "key":
            row = one("SELECT expires FROM api_keys WHERE id = ?", name)
            if row is None or now >= row[0]:
                raise AuthenticationError(EXPIRED, f"the key `{name}` it was got with has ended")
