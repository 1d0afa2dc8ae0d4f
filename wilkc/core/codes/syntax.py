"""YAML text and documents, W001-W029. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W001",
        "the text is not YAML",
        "A text that cannot be read has no meaning, so nothing of it is used.",
        "permissions: {filesystem: {read: ['./src/**'}}\n",
        "permissions: {filesystem: {read: ['./src/**']}}\n",
    ),
    Code(
        "W002",
        "the file is too large, too deep or holds too many values",
        "A spec is written by people and stays far below these limits; what exceeds them is an "
        "accident or an attack on the compiler.",
        "a: " + "[" * 40 + "]" * 40 + "\n",
        "permissions: {}\n",
    ),
    Code(
        "W003",
        "the file is not UTF-8",
        "Bytes that are not text could be read in several ways.",
        "permissions: \udcff{}\n",
        "permissions: {}\n",
    ),
    Code(
        "W004",
        "a control character",
        "It is invisible in a review and can hide what a line says. U+0085, U+2028, U+2029 and a "
        "lone U+000D end a line for some readers only: what is shown as a comment would be an "
        "entry.",
        "permissions: {}  # \x07\n",
        "permissions: {}\n",
    ),
    Code(
        "W005",
        "an anchor, an alias or a merge key",
        "They make one line mean what another says, and can blow a small file up without end. "
        "Specs are read line by line by reviewers.",
        "permissions: {filesystem: &f {read: [a]}}\n",
        "permissions: {filesystem: {read: [a]}}\n",
    ),
    Code(
        "W006",
        "a tag",
        "Tags ask a YAML reader to build objects; a spec holds plain values only.",
        "permissions: {filesystem: {read: [!!str a]}}\n",
        "permissions: {filesystem: {read: [a]}}\n",
    ),
    Code(
        "W007",
        "a key that is not a word",
        "Every key of the language is a plain word.",
        "permissions: {}\n? [a, b]\n: c\n",
        "permissions: {}\n",
    ),
    Code(
        "W008",
        "a key given twice",
        "Readers of YAML keep the first or the last; a reviewer sees both.",
        "permissions: {}\npermissions: {}\n",
        "permissions: {}\n",
    ),
    Code(
        "W009",
        "there is nothing in the file",
        "An empty spec would silently grant nobody anything; it is more likely a mistake.",
        "# nothing yet\n",
        "permissions: {}\n",
    ),
    Code(
        "W010",
        "a document without a kind",
        "The kind of a document is read off its top-level key.",
        "filesystem: {read: [./src/**]}\n",
        "permissions: {filesystem: {read: [./src/**]}}\n",
    ),
    Code(
        "W011",
        "a document of two kinds",
        "It would not be clear which of the two the other keys belong to.",
        "permissions: {}\nsecurity_policy: {version: '1.0'}\n",
        "permissions: {}\n---\nsecurity_policy: {version: '1.0'}\n",
    ),
    Code(
        "W012",
        "a character changes the order in which text is shown",
        "With bidirectional marks a spec can read otherwise than it means, even in a comment; a "
        "reviewer would approve something else (CVE-2021-42574).",
        "permissions: {}  # \u202eread only\n",
        "permissions: {}  # read only\n",
    ),
    Code(
        "W013",
        "an unfinished merge",
        "Between conflict markers stand two versions of the same lines, and nobody has said which "
        "of them holds.",
        "<<<<<<< HEAD\npermissions: {}\n=======\npermissions: {llm: {}}\n>>>>>>> other\n",
        "permissions: {}\n",
    ),
    Code(
        "W014",
        "a pointer of Git LFS",
        "The spec itself lies on another server, so the repository does not say what is allowed, "
        "and a review does not show it.",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "permissions: {}\n",
    ),
)
