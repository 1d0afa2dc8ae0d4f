"""How large a request may be is told by its JSON in ASCII, however that is found out."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import MAX_REQUEST_BYTES, check_request

if TYPE_CHECKING:
    from collections.abc import Callable

TRIED = 400
FRIENDLY = ("a", "src/app.ts", "node_modules")
HOSTILE = ("\0", "\x1f", '"', "\\", "é", "\uffff", "😀", "\U0010ffff")
NUMBERS = (0, -1, 10**400, -(10**30), 1.5, -2.2250738585072014e-308, True, None)


@pytest.mark.parametrize("words", [FRIENDLY, HOSTILE], ids=["friendly", "hostile"])
def test_a_request_is_refused_if_it_is_larger_than_it_may_be(
    words: tuple[str, ...], seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    rng = random.Random(f"{seed} {words}")
    refused = 0
    for _ in range(TRIED * effort):
        request = _near(words, rng)
        large = len(json.dumps(request.as_input())) > MAX_REQUEST_BYTES
        refused += large
        assert _is_refused(request) is large, request
    assert 0 < refused < TRIED * effort
    compared(TRIED * effort)


def _near(words: tuple[str, ...], rng: random.Random) -> Request:
    """A request about as large as one may be, or a small one."""
    held: list[Any] = [_value(words, rng) for _ in range(rng.randrange(60))]
    bare = Request("a", "call", "tool", "t", {"held": held, "rest": ""})
    left = MAX_REQUEST_BYTES - len(json.dumps(bare.as_input()))
    word = rng.choice(words)
    each = len(json.dumps(word)) - 2
    count = max(left // each + rng.randint(-1, 1), 0) if rng.random() < 0.8 else rng.randrange(9)
    return Request("a", "call", "tool", "t", {"held": held, "rest": word * count})


def _value(words: tuple[str, ...], rng: random.Random) -> Any:
    match rng.randrange(4):
        case 0:
            return rng.choice(NUMBERS)
        case 1:
            return [rng.choice(words)] * rng.randrange(4)
        case 2:
            return {rng.choice(words) * rng.randrange(1, 4): rng.choice(NUMBERS)}
        case _:
            return rng.choice(words) * rng.randrange(40)


def _is_refused(request: Request) -> bool:
    try:
        check_request(request)
    except RequestError as error:
        return error.detail == "malformed_request"
    return False
