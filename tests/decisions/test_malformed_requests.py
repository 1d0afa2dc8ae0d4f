"""What is no canonical request is denied as such: never repaired, never a crash.

Each type has a request that is granted, and each of its texts is replaced by what no reader
should take. The enforcement point, the reference evaluator and OPA must each refuse by
themselves, as none of them may rest on another's care.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from click.testing import CliRunner

from wilkc.cli.library import read_library
from wilkc.cli.main import cli
from wilkc.cli.reference import REFUSALS
from wilkc.compiler import Compiled, compile_sources
from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request, read_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SPEC = b"""\
agent: a
permissions:
  filesystem: {read: ['./**'], metadata: {max_file_size: 10}}
  shell: {allowed_commands: ['ls *'], max_execution_time: 5}
  network: {allowed_hosts: ['*.example.com'], max_requests_per_minute: 5}
  llm: {allowed_models: ['*'], max_tokens_per_request: 9, max_requests_per_hour: 9}
  data: {data_classification: [public], pii_detection: true}
  tools: {allowed: ['*']}
  system: {info: ['*'], env: {read: ['*']}}
  agents: {use: ['*']}
"""
GRANTED: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "file": ("read", "./a", {"size": 1, "directory": False, "aliases": ["~/a"]}),
    "shell": ("execute", "ls ./a", {"argv": ["ls", "./a"]}),
    "network": (
        "connect",
        "https://a.example.com",
        {"host": "a.example.com", "port": 443, "protocol": "https", "resolved": ["8.8.8.8"]},
    ),
    "llm": ("request", "gpt", {"max_tokens": 1}),
    "data": ("process", "x", {"classification": "public", "encrypted": True, "pii": False}),
    "tool": ("call", "t", {"arguments": {"x": 1}, "signed_by": "k"}),
    "system": ("info", "cpu", {}),
    "agent": ("use", "b", {}),
}
WRONG_KINDS: Final[dict[str, Any]] = {
    "null": None, "number": 7.5, "truth": True, "list": ["x"], "lists": [[["x"]]],
    "object": {"x": "y"},
}  # fmt: skip
"""Values where a text belongs; which properties take some of them, `TAKES` says."""
TEXTS: Final[dict[str, str]] = {
    "nul": "a\0b",
    "megabytes": "a" * 10_000_000,
    "segments": "./" + "/".join("a" * 10_000),
    "empty": "",
}
SURROGATE: Final = "a\ud800b"
TAKES: Final[dict[str, set[str]]] = {
    "aliases": {"list"}, "directory": {"truth"}, "encrypted": {"truth"}, "pii": {"truth"},
    "arguments": {"object"}, "argv": {"list"},
    # Free texts; whether a list holds them is no question of shape.
    "signed_by": {"nul", "empty", "segments"}, "classification": {"nul", "empty", "segments"},
}  # fmt: skip
"""Property to the replacements that are right for it."""
LABELLED: Final = {"shell", "network", "data"}
"""Types whose `id` is only a label here, as their properties say what is meant."""
NAMES: Final = {"subject.id", "action.name", "resource.type"}
"""Texts that are compared as a whole; one that nobody has is simply unknown."""


@dataclass(frozen=True)
class Fault:
    """A granted request with one thing replaced."""

    kind: str
    place: str
    name: str
    raw: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}-{self.place}-{self.name}"

    @property
    def is_label(self) -> bool:
        """Whether the text goes to records only."""
        return self.place == "resource.id" and self.kind in LABELLED

    @property
    def is_unknown_name(self) -> bool:
        """Whether the text is denied as a name that nobody has."""
        return self.place in NAMES and self.name in {"nul", "surrogate"}

    def request(self) -> Request:
        """The request as a careless enforcement point would build it, unread."""
        resource = self.raw["resource"]
        return Request(
            agent=self.raw["subject"]["id"],
            action=self.raw["action"]["name"],
            type=resource["type"],
            id=resource["id"],
            properties=resource["properties"],
            context=self.raw["context"],
        )


def _raw(kind: str) -> dict[str, Any]:
    action, ident, properties = GRANTED[kind]
    resource = {"type": kind, "id": ident, "properties": copy.deepcopy(properties)}
    return {
        "subject": {"type": "agent", "id": "a"},
        "action": {"name": action},
        "resource": resource,
        "context": {},
    }


def _places(kind: str) -> Iterator[tuple[str, ...]]:
    yield from (("subject", "id"), ("action", "name"), ("resource", "type"), ("resource", "id"))
    yield from (("resource", "properties", name) for name in GRANTED[kind][2])


def _faults(values: Mapping[str, Any]) -> list[Fault]:
    found = []
    for kind in GRANTED:
        for place in _places(kind):
            for name, value in values.items():
                if name in TAKES.get(place[-1], set()):
                    continue
                raw = _raw(kind)
                holder: Any = raw
                for step in place[:-1]:
                    holder = holder[step]
                holder[place[-1]] = value
                found.append(Fault(kind, ".".join(place), name, raw))
    return found


GOOD: Final = json.dumps(_raw("file")).encode()
FREE: Final = {"signed_by", "classification"}
KINDS = _faults(WRONG_KINDS)
HOSTILE = _faults({**TEXTS, "surrogate": SURROGATE})


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_sources({"a.yaml": SPEC}, read_library())


def _enforced(compiled: Compiled, raw: dict[str, Any]) -> Decision:
    """As every enforcement point asks: read, made canonical, decided."""
    try:
        return decide(compiled.plan, canonical_request(read_request(raw)))
    except RequestError as error:
        return denial("VALIDATION_ERROR", error.detail, error.message)


def _accepted(faults: list[Fault], answers: list[dict[str, Any]]) -> list[str]:
    """Every fault that was granted, or denied for something else than its fault."""
    found = []
    for fault, answer in zip(faults, answers, strict=True):
        refused = answer["context"]["reason"] == "VALIDATION_ERROR"
        known = answer["context"]["detail"] in REFUSALS
        unknown = fault.is_unknown_name and answer["context"]["reason"] != "PERMISSION_GRANTED"
        if answer["decision"] is not False or not (unknown or (refused and known)):
            found.append(f"{fault}: {answer}")
    return found


@pytest.mark.parametrize("kind", GRANTED)
def test_the_request_without_a_fault_is_granted(compiled: Compiled, kind: str) -> None:
    assert _enforced(compiled, _raw(kind)).allow


@pytest.mark.parametrize("faults", [KINDS, HOSTILE], ids=["kinds", "texts"])
def test_enforcement_points_refuse(compiled: Compiled, faults: list[Fault]) -> None:
    asked = [fault for fault in faults if not _is_short_label(fault)]
    answers = [_enforced(compiled, fault.raw).as_json() for fault in asked]
    assert _accepted(asked, answers) == []


@pytest.mark.parametrize("name", ["megabytes", "surrogate"])
def test_enforcement_points_refuse_even_labels_that_no_reader_takes(
    compiled: Compiled, name: str
) -> None:
    labels = [fault for fault in HOSTILE if fault.is_label and fault.name == name]
    assert len(labels) == len(LABELLED)
    assert _accepted(labels, [_enforced(compiled, one.raw).as_json() for one in labels]) == []


def test_the_reference_refuses_hostile_texts_by_itself(compiled: Compiled) -> None:
    """Size and Unicode of free texts are checked where a request is read."""
    asked = [one for one in HOSTILE if not (one.is_label or one.place.endswith(tuple(FREE)))]
    answers = [decide(compiled.plan, fault.request()).as_json() for fault in asked]
    assert _accepted(asked, answers) == []


def test_opa_refuses_by_itself(judged: Any, compiled: Compiled) -> None:
    """Half a surrogate pair never reaches OPA, which would read it as another text."""
    unsendable = {"surrogate", "megabytes"}
    asked = [one for one in (*KINDS, *HOSTILE) if one.name not in unsendable and not one.is_label]
    asked += [one for one in HOSTILE if str(one) == "file-resource.id-megabytes"]
    answers = judged.ask(compiled, [fault.request() for fault in asked])
    assert _accepted(asked, answers) == []


def test_nobody_reads_a_path_that_is_not_canonical(judged: Any, compiled: Compiled) -> None:
    """Each by itself: the reference as the meaning, OPA by the expressions it is given."""
    texts = ["..", "./..", "./a/..", "./a/../b", "../a", "a/..", "a/./b", "./.", "././a", "/..",
             "/a/../b", "~/..", "~/../a", "a//b", "./a/", "//a", "a\nb", "./a\x7f", "./e\u0301",
             "./\u212a", "./" + "a" * 8_191]  # fmt: skip
    read = ["...", "./..a", "./a..", "./.a", "./..a/b.", "a", "/a", "~/a", "./\u00e9"]
    requests = [Request("a", "read", "file", text) for text in (*texts, *read)]
    by_reference = [decide(compiled.plan, request).as_json() for request in requests]
    for answers in (by_reference, judged.ask(compiled, requests)):
        refused = [answer["context"]["detail"] == "path_not_canonical" for answer in answers]
        assert refused == [True] * len(texts) + [False] * len(read)


def test_opa_answers_hostile_texts_like_the_reference(judged: Any, compiled: Compiled) -> None:
    asked = [one for one in HOSTILE if one.name in {"nul", "empty", "segments"}]
    assert judged.differences(compiled, [fault.request() for fault in asked]) == []


def _batch(folder: Path, lines: list[bytes]) -> list[dict[str, Any]]:
    """What `wilkc decide --batch` answers to each line."""
    (folder / "a.yaml").write_bytes(SPEC)
    (folder / "batch.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    policies, batch = str(folder / "a.yaml"), str(folder / "batch.jsonl")
    options = ["--engine", "reference", "--policies", policies, "--batch", batch]
    done = CliRunner().invoke(cli, ["decide", *options])
    assert done.exit_code == 0, done.output[-500:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_batch_refuses_each_faulty_request_in_its_place(tmp_path: Path) -> None:
    # One text of ten megabytes is enough: each is passed over before it is read.
    one_large = "file-resource.id-megabytes"
    asked = [one for one in (*KINDS, *HOSTILE) if not _is_short_label(one)]
    asked = [one for one in asked if one.name != "megabytes" or str(one) == one_large]
    lines = [json.dumps(fault.raw).encode() for fault in asked]
    *answers, last = _batch(tmp_path, [*lines, json.dumps(_raw("file")).encode()])
    assert _accepted(asked, answers) == []
    assert last["decision"] is True


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        GOOD.replace(b"./a", b"./\xff"),
        GOOD.replace(b"./a", b"./\xed\xa0\x80"),
        GOOD.replace(b"./a", b"./\xc0\xaf"),
        GOOD.replace(b"./a", b"./a\0"),
        GOOD.replace(b'"context": {}', b'"context": {"x": NaN}'),
        GOOD.replace(b'"context": {}', b'"context": {}, "context": {}'),
        GOOD.replace(b'"context": {}', b'"context": {"x": ' + b"[" * 9000 + b"]" * 9000 + b"}"),
        GOOD + b"x",
        GOOD[:-1],
        b'"' + b"a" * 10_000_000 + b'"',
        b"null",
        b"[]",
        b"7",
        b"",
    ],
    ids=range(15),
)
def test_a_batch_refuses_what_is_no_request(tmp_path: Path, line: bytes) -> None:
    answer, last = _batch(tmp_path, [line, GOOD])
    assert answer["decision"] is False
    assert answer["context"]["reason"] == "VALIDATION_ERROR"
    assert answer["context"]["detail"] in REFUSALS
    assert last["decision"] is True


def _is_short_label(fault: Fault) -> bool:
    return fault.is_label and fault.name in {"nul", "empty", "segments"}


@pytest.mark.parametrize("kind", sorted(LABELLED))
def test_a_label_that_is_no_text_is_malformed(judged: Any, compiled: Compiled, kind: str) -> None:
    action, _, properties = GRANTED[kind]
    wrong: list[Any] = [*WRONG_KINDS.values()]
    requests = [Request("a", action, kind, label, properties) for label in wrong]
    details = {decide(compiled.plan, request).detail for request in requests}
    assert details == {"malformed_request"}
    assert judged.differences(compiled, requests) == []
    right = Request("a", action, kind, "a label", properties)
    assert decide(compiled.plan, right).allow
