"""The real OPA with specs of the agents of an export, and a server that has its documents."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from bson import json_util
from pymongo import MongoClient

from tests.integration.guard.conftest import (
    PATIENT,
    Log,
    Notes,
    Served,
    compiled_bundle,
    log,
    notes,
)
from tests.mongo_server import MongoServer, find_mongo_server
from wilkc.adapters.librechat.reading import READERS
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Log", "Notes", "log", "notes"]
DATA = Path(__file__).parents[2] / "data" / "librechat"
SPEC = b"""
permissions:
  agents: {use: ['agent_report', 'agent_split'], modify: ['agent_report']}
  shell: {allowed_commands: ['ls'], working_directories: ['.']}
"""


@pytest.fixture(scope="module")
def served(opa: Path) -> Iterator[Served]:
    """A sidecar that serves the specs of two agents."""
    bundle, key = compiled_bundle(agent_report=SPEC, agent_split=SPEC)
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa)) as sidecar:
        yield Served(sidecar, bundle, key)


@pytest.fixture
def guard(served: Served, tmp_path: Path, notes: Notes) -> Iterator[Guard]:
    """A guard for all agents."""
    made = Guard(served.socket, notes, workspace=tmp_path, seconds=PATIENT)
    yield made
    made.close()


@pytest.fixture(scope="session")
def mongo_program(require: Callable[[str, str], NoReturn]) -> Path:
    """The server."""
    return find_mongo_server() or require("mongo", "the MongoDB server was not built")


@pytest.fixture
def mongo(mongo_program: Path) -> Iterator[MongoServer]:
    """A server with the documents of the export, in LibreChat's collections."""
    with (
        tempfile.TemporaryDirectory(prefix="wilk-") as folder,
        MongoServer(mongo_program, Path(folder)) as server,
    ):
        with MongoClient[dict[str, object]](server.uri) as client:
            for collection in READERS:
                text = (DATA / f"{collection}.json").read_text(encoding="utf-8")
                documents = [json_util.loads(line) for line in text.splitlines()]
                client["LibreChat"][collection].insert_many(documents)
        yield server
