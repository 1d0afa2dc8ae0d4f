"""Globs that paths, names and arguments share: reading and matching. Room: language."""

from wilkc.language.globs.expansion import expand, to_glob
from wilkc.language.globs.lexer import lex
from wilkc.language.globs.matching import glob_matches, in_class
from wilkc.language.globs.tokens import Codes, Token, Tokens

__all__ = ["Codes", "Token", "Tokens", "expand", "glob_matches", "in_class", "lex", "to_glob"]
