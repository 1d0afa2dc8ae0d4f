"""Replacing the keys that wrap others. Layer: runtime.

Each step is durable when it returns, and each may be the last before a crash: run again, the
steps go on where they were. Content is never encrypted again; only its keys are wrapped anew,
so that a record of any year opens, and an old copy of the wraps is worth nothing once the key
that made them is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.due import later, overlap_end
from wilkc.runtime.keys.entries import new_kek
from wilkc.runtime.keys.ringfile import BY_PROVIDER
from wilkc.runtime.keys.wraps import bound_to

if TYPE_CHECKING:
    from collections.abc import Collection

    from wilkc.runtime.keys.due import Rotation
    from wilkc.runtime.keys.ring import Entry
    from wilkc.runtime.keys.states import State
    from wilkc.runtime.keys.store import KeyStore
    from wilkc.runtime.keys.wraps import Wrap, Wrapper


def prepare_kek(keys: KeyStore, now: str, rotation: Rotation) -> Entry:
    """Step 1: the pending key-encryption key, made if there is none."""
    rings = keys.rings
    with rings.locked():
        found = rings.ring.find("kek", "pending")
        if found is not None:
            return found
        entry, _secret = new_kek(now, later(now, rotation.days), "pending", rings.provider)
        rings.save(rings.ring.with_key(entry))
        return entry


def activate_kek(keys: KeyStore, now: str, gone: Collection[str]) -> None:
    """Steps 2 and 3: wrap everything by the pending key, then put it in the active one's place.

    The data keys come first, in a file of their own; the ring follows in one piece, with its
    entries wrapped anew and both keys in their next state.

    Args:
        keys: the opened key directory.
        now: the time.
        gone: ids of data keys that are on record as destroyed.

    Raises:
        VerificationError: there is no pending key, or a wrap does not open.
        OSError: the disk refuses; the old key is still the active one.
    """
    rings = keys.rings
    with rings.locked():
        pending = rings.ring.find("kek", "pending")
        if pending is None:
            raise VerificationError("audit_key_missing: no key-encryption key is pending")
        wrapper = rings.kek(pending)
        keys.data.rewrap(wrapper, gone)
        inner = [key for key in rings.ring.keys if key.use not in BY_PROVIDER]
        steps: dict[str, State] = {
            rings.ring.active("kek").kid: "decrypt_only",
            pending.kid: "active",
        }
        rings.save(rings.ring.with_steps(steps, now, _rewrapped(keys, inner, wrapper)))


def destroy_keks(keys: KeyStore, now: str, rotation: Rotation) -> tuple[str, ...]:
    """Step 5: destroy replaced keys whose overlap is over, with nothing left under them.

    Returns:
        The ids of the destroyed keys.
    """
    rings = keys.rings
    with rings.locked():
        keys.data.refresh()
        used = {key.wrapped.by for key in keys.data.keys}
        used |= {key.wrapped.by for key in rings.ring.keys if key.wrapped}
        over = [
            key.kid
            for key in rings.ring.keys
            if (end := overlap_end(rings.ring, key, rotation)) and end <= now
            if key.kid not in used
        ]
        if over:
            rings.save(rings.ring.with_steps(dict.fromkeys(over, "destroyed"), now))
        return tuple(over)


def rotate_provider(keys: KeyStore, now: str) -> str:
    """Wrap the first keys by a new key of the provider, which keeps the old one as well.

    Run again after a crash it goes on with the key that was made, and makes no other.

    Returns:
        The id of the new key.
    """
    rings = keys.rings
    with rings.locked():
        outer = [key for key in rings.ring.keys if key.use in BY_PROVIDER and key.wrapped]
        if all(key.wrapped and key.wrapped.by == rings.provider.name for key in outer):
            rings.provider.rotate()
        rings.save(rings.ring.with_steps({}, now, _rewrapped(keys, outer, rings.provider)))
        return rings.provider.name


def provider_keys_over(keys: KeyStore) -> tuple[str, ...]:
    """The ids of the provider's old keys, if nothing in the ring is wrapped by them."""
    rings = keys.rings
    old = rings.provider.names[1:]
    used = {key.wrapped.by for key in rings.ring.keys if key.wrapped}
    return () if used & set(old) else tuple(old)


def destroy_provider_keys(keys: KeyStore, told: Collection[str]) -> None:
    """Destroy the provider's old keys, if nothing in the ring is wrapped by them.

    Args:
        keys: the opened key directory.
        told: ids of keys that are on record as going to be destroyed; unless all of them are,
            none is.
    """
    with keys.rings.locked():
        old = provider_keys_over(keys)
        if old and set(old) <= set(told):
            keys.rings.provider.destroy_old()


def _rewrapped(keys: KeyStore, entries: list[Entry], wrapper: Wrapper) -> dict[str, Wrap]:
    return {
        entry.kid: wrapper.wrap(keys.rings.secret(entry), bound_to(*entry.bound()))
        for entry in entries
        if entry.wrapped is not None and entry.wrapped.by != wrapper.name
    }
