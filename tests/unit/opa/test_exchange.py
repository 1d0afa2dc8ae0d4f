"""Answers are read alike however they are cut, and what is not understood is refused."""

from __future__ import annotations

import random

import pytest

from wilkc.opa.exchange import MAX_HEAD, Answer, question

LIMIT = 1000
SEED = 20_261_128
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WITH_LENGTH = HEAD + b"Content-Length: 7\r\n\r\n" + b'{"a":1}'
IN_CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n{" + b'"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n'
AFTER_INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + WITH_LENGTH
)


def _read(*pieces: bytes) -> Answer | None:
    answer = Answer(LIMIT)
    whole = [answer.take(piece) for piece in pieces]
    assert not any(whole[:-1])
    return answer if whole[-1] else None


def test_a_question_is_whole() -> None:
    sent = question("/v1/data?x=y", b"{}")
    assert sent.startswith(b"POST /v1/data?x=y HTTP/1.1\r\nHost: localhost\r\n")
    assert sent.endswith(b"\r\nContent-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize("data", [WITH_LENGTH, IN_CHUNKS, AFTER_INTERIM])
def test_an_answer_is_the_same_however_it_is_cut(data: bytes) -> None:
    for cut in range(1, len(data)):
        found = _read(data[:cut], data[cut:])
        assert found is not None
        assert (found.status, found.body, found.keeps) == (200, b'{"a":1}', True)
    assert _read(*(bytes([byte]) for byte in data)) is not None


@pytest.mark.parametrize("data", [WITH_LENGTH, IN_CHUNKS])
def test_a_part_of_an_answer_is_not_whole(data: bytes) -> None:
    for cut in range(len(data)):
        assert _read(data[:cut]) is None


def test_a_connection_that_is_to_be_closed_is_not_kept() -> None:
    found = _read(WITH_LENGTH.replace(b"\r\nContent-L", b"\r\nConnection: Close\r\nContent-L"))
    assert found is not None
    assert not found.keeps


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 700 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n folded\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 300,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n",
        b"<html></html>\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD,
        b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_HEAD // 20),
    ],
    ids=range(27),
)
def test_what_is_not_understood_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Answer(LIMIT).take(data)


def test_a_body_in_many_chunks_is_bounded() -> None:
    answer = Answer(LIMIT)
    answer.take(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(LIMIT // 100):
        answer.take(b"64\r\n" + b"x" * 100 + b"\r\n")
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        answer.take(b"1\r\nx\r\n")


def test_damaged_answers_are_refused_or_wait_for_more() -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    for _ in range(3000):
        data = bytearray(chosen.choice([WITH_LENGTH, IN_CHUNKS, AFTER_INTERIM]))
        for _ in range(chosen.randint(1, 3)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
        answer = Answer(LIMIT)
        try:
            whole = answer.take(bytes(data))
        except ValueError:
            continue
        assert not whole or 200 <= answer.status < 600
