"""Reading the files of all levels that can turn a harness's hooks off. Layer: cli."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wilkc.adapters.hooks.switches import PLACES, Level, switched_off
from wilkc.cli.hooking.files import MAX_BYTES, read_settings
from wilkc.cli.hooking.places import settings_path
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.adapters.hooks.model import Harness
    from wilkc.adapters.hooks.switches import Place


def problems_of_levels(harness: Harness, project: str, system: Path = Path("/")) -> Iterator[str]:
    """What turns hooks off, or cannot be read, so that nobody knows whether it does.

    Args:
        harness: its facts.
        project: the project's folder.
        system: where the files of the system are.
    """
    levels = []
    for place in PLACES[harness.name]:
        for path in _files(harness, place, project, system):
            try:
                document = _document(path)
            except UsageError as error:
                yield f"whether it turns hooks off is not known: {error.message}"
                continue
            levels.append(Level(str(path), place.managed, document))
    yield from switched_off(harness.name, levels)


def _files(harness: Harness, place: Place, project: str, system: Path) -> list[Path]:
    # The first part of a user's settings is the folder of the harness.
    own = settings_path(harness, "user", project)
    for _ in Path(harness.settings.user).parts[1:]:
        own = own.parent
    root = {"system": system, "project": Path(project), "user": own}[place.root]
    path = root / place.path
    # Of several files of a folder the last one counts.
    return sorted(path.parent.glob(path.name), reverse=True) if "*" in path.name else [path]


def _document(path: Path) -> dict[str, Any]:
    if path.suffix != ".toml":
        return read_settings(path, new_mode=0).document
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"`{path}` is larger than settings may be")
        return tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` cannot be read as TOML: {error}") from error
