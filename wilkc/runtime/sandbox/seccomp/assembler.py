"""Classic BPF for seccomp: the few instructions a filter needs. Layer: runtime (pure).

Sources: kernel documentation `userspace-api/seccomp_filter`, `linux/filter.h`,
`linux/seccomp.h`. A filter is straight-line: each block is skipped unless the call's number
fits, and ends in a return, so no jump is longer than its block.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LOAD: Final = 0x20
AND: Final = 0x54
JUMP_EQUAL: Final = 0x15
JUMP_GREATER: Final = 0x25
JUMP_AT_LEAST: Final = 0x35
JUMP_SET: Final = 0x45
RETURN: Final = 0x06

ALLOW: Final = 0x7FFF0000
KILL_PROCESS: Final = 0x80000000
_ERRNO: Final = 0x00050000
DONE: Final = _ERRNO
"""The call is not made, and answers that it was."""
EPERM: Final = _ERRNO | 1
ENOSYS: Final = _ERRNO | 38

NUMBER: Final = 0
ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16
_ARGUMENT_SIZE: Final = 8
_HIGH: Final = 4


@dataclass(frozen=True, slots=True)
class Instruction:
    """One `struct sock_filter`: code, jumps if true and if false, operand."""

    code: int
    if_true: int
    if_false: int
    operand: int


Block = list[Instruction]


def load(offset: int) -> Instruction:
    """Load a 32-bit word of `struct seccomp_data`."""
    return Instruction(LOAD, 0, 0, offset)


def load_argument(index: int) -> Instruction:
    """Load the low 32 bits of an argument: what the kernel looks at in an `int`."""
    return load(_ARGUMENTS + _ARGUMENT_SIZE * index)


def load_high(index: int) -> Instruction:
    """Load the high 32 bits of an argument, which matter in an address."""
    return load(_ARGUMENTS + _ARGUMENT_SIZE * index + _HIGH)


def mask(bits: int) -> Instruction:
    """Keep only these bits of the loaded word."""
    return Instruction(AND, 0, 0, bits)


def jump(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> Instruction:
    """Skip so many instructions."""
    return Instruction(code, if_true, if_false, operand)


def answer(value: int) -> Instruction:
    """End the filter with this answer."""
    return Instruction(RETURN, 0, 0, value)


def for_number(number: int, block: Block) -> Block:
    """A block for one system call; the number must be the loaded word, and the block return."""
    return [jump(JUMP_EQUAL, number, if_false=len(block)), *block]


def assemble(instructions: Iterable[Instruction]) -> bytes:
    """The bytes of a program, as `bwrap --seccomp` reads them: host order, 8 each."""
    return b"".join(
        struct.pack("=HBBI", one.code, one.if_true, one.if_false, one.operand)
        for one in instructions
    )
