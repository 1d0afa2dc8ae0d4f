"""Versions of the policies: folders, files, bundles and Git revisions. Room: cli."""

from wilkc.cli.versions.model import Trust, Version
from wilkc.cli.versions.opening import (
    DEFAULT_PATH,
    GIT,
    default_paths,
    open_version,
    open_versions,
)

__all__ = [
    "DEFAULT_PATH",
    "GIT",
    "Trust",
    "Version",
    "default_paths",
    "open_version",
    "open_versions",
]
