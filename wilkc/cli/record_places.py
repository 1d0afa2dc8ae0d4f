"""Where a log's keys are, and what wraps them. Layer: cli. Pure."""

from __future__ import annotations

from pathlib import Path


def keys_path(audit: str, keys: str | None) -> Path:
    """The key directory of a log, as named or beside it."""
    return Path(keys) if keys else _beside(audit, ".keys")


def provider_place(audit: str, keys: str | None, provider: str | None) -> Path | str:
    """What wraps a log's keys: a `pkcs11:` URI, or the file named or beside the keys."""
    if provider and provider.startswith("pkcs11:"):
        return provider
    return Path(provider) if provider else _beside(str(keys_path(audit, keys)), ".provider")


def _beside(path: str, suffix: str) -> Path:
    whole = Path(path).absolute()
    return whole.with_name(whole.name + suffix)
