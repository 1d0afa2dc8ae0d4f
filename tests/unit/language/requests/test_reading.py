from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import MAX_REQUEST_BYTES, parse_short, read_request

WHOLE: dict[str, Any] = {
    "subject": {"type": "agent", "id": "a", "properties": {"team": "x"}},
    "action": {"name": "read", "properties": {"why": "test"}},
    "resource": {"type": "file", "id": "./src/a.ts", "properties": {"size": 3}},
    "context": {"cwd": "."},
}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def changed(path: str, value: Any) -> dict[str, Any]:
    """The whole request with one member set; `...` removes it."""
    request: dict[str, Any] = {
        name: dict(member) if isinstance(member, dict) else member for name, member in WHOLE.items()
    }
    *parents, last = path.split(".")
    holder = request
    for name in parents:
        holder = holder[name]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return request


@pytest.mark.parametrize(
    ("resource", "action", "wanted"),
    [
        ("file:./src/a.ts", "read", Request("a", "read", "file", "./src/a.ts")),
        ("network:https://b", None, Request("a", "connect", "network", "https://b")),
        ("network:https://b", "request", Request("a", "connect", "network", "https://b")),
        ("shell:git log: x", None, Request("a", "execute", "shell", "git log: x")),
        ("llm:gpt-4", None, Request("a", "request", "llm", "gpt-4")),
        ("llm:gpt-4", "request", Request("a", "request", "llm", "gpt-4")),
        ("tool:web_search", None, Request("a", "call", "tool", "web_search")),
        ("file:", "read", Request("a", "read", "file", "")),
        ("disk:x", "spin", Request("a", "spin", "disk", "x")),
    ],
)
def test_short_forms_are_read(resource: str, action: str | None, wanted: Request) -> None:
    assert parse_short("a", resource, action) == wanted


@pytest.mark.parametrize(
    ("resource", "action", "detail"),
    [
        ("git status", "execute", "malformed_request"),
        ("", None, "malformed_request"),
        (":x", "read", "malformed_request"),
        ("file:./a", None, "malformed_request"),
        ("file:./a", "", "malformed_request"),
        ("shell:git", "", "malformed_request"),
        ("data:x", None, "malformed_request"),
        ("shell:\ud800", None, "text_not_unicode"),
        ("file:a", "\udfff", "text_not_unicode"),
        ("file:" + "a" * MAX_REQUEST_BYTES, "read", "malformed_request"),
    ],
)
def test_other_short_forms_are_refused(resource: str, action: str | None, detail: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_short("a", resource, action)
    assert caught.value.detail == detail


def test_an_authzen_request_is_read() -> None:
    assert read_request(WHOLE) == Request(
        "a", "read", "file", "./src/a.ts", {"size": 3}, {"cwd": "."}, {"team": "x"}
    )


def test_what_is_optional_may_be_left_out() -> None:
    least = {
        "subject": {"type": "agent", "id": "a"},
        "action": {"name": "request"},
        "resource": {"type": "network", "id": "https://b"},
    }
    assert read_request(least) == Request("a", "connect", "network", "https://b")


MEMBERS = ("subject", "action", "resource")
TEXTS = ("subject.id", "action.name", "resource.type", "resource.id")
OBJECTS = ("context", "subject.properties", "action.properties", "resource.properties")
NO_TEXTS: tuple[Any, ...] = (None, 1, True, ["a"], {})
NO_OBJECTS: tuple[Any, ...] = (None, 1, "a", [])
REFUSED: list[tuple[str, Any]] = [
    *((path, ...) for path in (*MEMBERS, *TEXTS, "subject.type")),
    *((path, value) for path in TEXTS for value in NO_TEXTS),
    *((path, value) for path in (*MEMBERS, *OBJECTS) for value in NO_OBJECTS),
    ("subject.type", "user"),
    ("id", "7"),
    ("subject.role", "admin"),
    ("action.id", "read"),
    ("resource.host", "b"),
    ("context.n", float("nan")),
    ("context.n", float("inf")),
    ("context.n", {1: "a"}),
    ("context.n", (1, 2)),
    ("context.n", b"a"),
    ("context.n", nested(40)),
    ("context.n", "a" * MAX_REQUEST_BYTES),
]


@pytest.mark.parametrize(("path", "value"), REFUSED)
def test_other_shapes_are_refused(path: str, value: Any) -> None:
    with pytest.raises(RequestError) as caught:
        read_request(changed(path, value))
    assert caught.value.detail == "malformed_request"


@pytest.mark.parametrize(
    "path",
    ["subject.id", "action.name", "resource.type", "resource.id", "context.x", "context.\ud800"],
)
def test_text_that_is_not_unicode_is_refused(path: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_request(changed(path, "a\udc80"))
    assert caught.value.detail == "text_not_unicode"


@pytest.mark.parametrize("value", [None, [], "a", 1])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(RequestError):
        read_request(value)


def test_depth_just_within_the_limit_is_read() -> None:
    assert read_request(changed("context.n", nested(14))).context["n"] == nested(14)
    with pytest.raises(RequestError):
        read_request(changed("context.n", nested(15)))


def test_a_hostile_depth_does_not_exhaust_the_stack() -> None:
    with pytest.raises(RequestError):
        read_request(changed("context.n", nested(100_000)))
