"""Texts in, artifacts out: the compiler as functions. Room: compiler.

It composes reading, planning and emitting. It opens no file, asks no clock and no network;
the fixed Rego is handed in by who reads it from disk, and so is what it compiled before.
"""

from wilkc.compiler.fixing import Fixed, fix
from wilkc.compiler.incremental import Store, compile_incrementally
from wilkc.compiler.model import DATA_FILE, FORMS, SANDBOX_FILE, Compiled, Form, Understood
from wilkc.compiler.partial import LeftOut, Partial, plan_what_compiles
from wilkc.compiler.reviewing import Reviewed, review
from wilkc.compiler.untouched import untouched
from wilkc.compiler.whole import assemble, check, compile_sources, understand

__all__ = [
    "DATA_FILE",
    "FORMS",
    "SANDBOX_FILE",
    "Compiled",
    "Fixed",
    "Form",
    "LeftOut",
    "Partial",
    "Reviewed",
    "Store",
    "Understood",
    "assemble",
    "check",
    "compile_incrementally",
    "compile_sources",
    "fix",
    "plan_what_compiles",
    "review",
    "understand",
    "untouched",
]
