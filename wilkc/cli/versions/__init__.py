"""Versions of the policies: folders, files, bundles and Git revisions. Room: cli."""

from wilkc.cli.versions.model import Trust, Version
from wilkc.cli.versions.opening import open_version, open_versions

__all__ = ["Trust", "Version", "open_version", "open_versions"]
