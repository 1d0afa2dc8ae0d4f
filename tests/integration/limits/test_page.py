"""The examples of `docs/rate-limits.md` run, and its table names every detail."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.redis_server import RedisServer
from wilkc.runtime.limits import failures

PAGE = (Path(__file__).parents[3] / "docs" / "rate-limits.md").read_text(encoding="utf-8")


def test_the_examples_run(redis_program: str) -> None:
    del redis_program
    examples = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    with tempfile.TemporaryDirectory(prefix="wilk-") as folder, RedisServer(Path(folder)) as server:
        for example in examples:
            text = example.replace("/var/lib/wilk", folder)
            text = text.replace("unix:///run/redis/redis.sock", server.url)
            exec(compile(text, "rate-limits.md", "exec"), {})  # noqa: S102  # our own page


def test_every_detail_is_named() -> None:
    details = {
        failures.LIMIT_MALFORMED, failures.RECORD_INCOMPLETE, failures.STORE_DAMAGED,
        failures.STORE_UNAVAILABLE, "rate_exceeded",
    }  # fmt: skip
    assert set(re.findall(r"^\| `(rate_\w+)` \|", PAGE, re.MULTILINE)) == details
