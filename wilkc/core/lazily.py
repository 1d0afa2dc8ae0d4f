"""Names of a package that are loaded when they are first asked for. Layer: core.

A program that is started for every call of an agent pays for each module that it loads, and
needs few of them. PEP 562 lets a package have all its names all the same.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def attribute(package: str, homes: Mapping[str, tuple[str, ...]], name: str) -> Any:
    """A name of a package, from the module that is its home; the package keeps it.

    Args:
        package: its full name, as in `__name__`.
        homes: module of the package to the names that it gives. No name may be a module's, as
            the import system would put the module in its place.
        name: what is asked for.

    Raises:
        AttributeError: the package has no such name.
    """
    for module, names in homes.items():
        if name in names:
            value = getattr(import_module(f"{package}.{module}"), name)
            setattr(sys.modules[package], name, value)
            return value
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
