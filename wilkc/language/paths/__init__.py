"""Paths, path patterns and what matches what. Room: language."""

from wilkc.language.paths.buckets import PathBuckets
from wilkc.language.paths.canonical import parse_path
from wilkc.language.paths.explicit import explicit_rule, explicit_text, glob_text
from wilkc.language.paths.matching import path_matches
from wilkc.language.paths.model import GLOBSTAR, Globstar, Part, Path, PathPattern, Root
from wilkc.language.paths.rules import parse_path_rule

__all__ = [
    "GLOBSTAR",
    "Globstar",
    "Part",
    "Path",
    "PathBuckets",
    "PathPattern",
    "Root",
    "explicit_rule",
    "explicit_text",
    "glob_text",
    "parse_path",
    "parse_path_rule",
    "path_matches",
]
