"""LibreChat's documents from a server that speaks MongoDB's protocol."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient
from pymongo.pool_options import PoolOptions

from wilkc.adapters.librechat import ACTIONS, Export, Matter
from wilkc.adapters.librechat import mongo as reader
from wilkc.adapters.librechat.mapping import judge
from wilkc.adapters.librechat.mongo import Mongo
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mongo_server import MongoServer

EXPORT = Export.read(Path(__file__).parents[2] / "data" / "librechat")
USERS = [user.id for user in EXPORT.users]
ANN = USERS[0]
PATIENT = 20.0
MATTERS = [
    Matter(),
    *(Matter(agent=agent.name) for agent in EXPORT.agents),
    *(Matter(file=file.id) for file in EXPORT.files),
    Matter(server="tickets"),
    Matter("agent_nobody", "file-nothing", "nowhere"),
]


@pytest.fixture
def source(mongo: MongoServer) -> Iterator[Mongo]:
    found = Mongo.open(mongo.uri, "LibreChat", seconds=PATIENT)
    yield found
    found.close()


def test_the_database_says_what_its_export_says(source: Mongo) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    allowed = 0
    for user in USERS:
        for matter in MATTERS:
            ours, exported = source.facts(user, matter), EXPORT.facts(user, matter)
            assert ours
            assert exported
            for action in ACTIONS:
                verdict = judge(action, ours, now)
                assert verdict == judge(action, exported, now)
                allowed += verdict.allowed
    assert allowed > 0


def test_what_is_taken_away_is_gone_with_the_next_question(
    source: Mongo, mongo: MongoServer
) -> None:
    matter = Matter(agent="agent_report")
    now = datetime.now(UTC)
    before = source.facts(ANN, matter)
    assert before
    assert judge("agents.modify", before, now).allowed
    with MongoClient[dict[str, object]](mongo.uri) as client:
        client["LibreChat"]["aclentries"].delete_many({"principalType": "user"})
    after = source.facts(ANN, matter)
    assert after
    assert not judge("agents.modify", after, now).allowed


@pytest.mark.parametrize("user", ["", "nobody", '{"$ne": null}', "f" * 24, "F" * 24])
def test_who_is_no_user_has_no_facts(source: Mongo, user: str) -> None:
    assert source.facts(user, Matter()) is None


def test_ids_never_become_operators(source: Mongo) -> None:
    hostile = Matter("$where", "file-data' || '1", '{"$gt": ""}')
    found = source.facts(ANN, hostile)
    assert found
    assert (found.agent, found.file, found.server, found.carriers) == (None, None, None, ())


def test_a_document_that_is_none_stops_the_answer(source: Mongo, mongo: MongoServer) -> None:
    with MongoClient[dict[str, object]](mongo.uri) as client:
        client["LibreChat"]["systemgrants"].insert_one({"principalType": "role"})
    with pytest.raises(UsageError, match="systemgrants"):
        source.facts(ANN, Matter())


def test_more_documents_than_are_read_stop_the_answer(
    source: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_DOCUMENTS", 2)
    with pytest.raises(UnavailableError, match="more than 2 documents"):
        source.facts(ANN, Matter())


def test_a_server_that_is_gone(mongo: MongoServer) -> None:
    mongo.kill()
    short = Mongo.open(mongo.uri.replace("//", "//reader:hunter2@"), "LibreChat", seconds=0.5)
    with pytest.raises(UnavailableError, match="does not answer") as found:
        short.facts(ANN, Matter())
    assert "hunter2" not in str(found.value)
    short.close()


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://127.0.0.1/",
        "mongodb://reader:hunter2@:x/",
        "mongodb://127.0.0.1/?tls=true&tlsInsecure=true",
        "mongodb://127.0.0.1/?tls=true&tlsAllowInvalidHostnames=true",
        "mongodb://db.example.org/?tlsAllowInvalidCertificates=true&tls=true",
    ],
)
def test_an_address_that_is_none(uri: str) -> None:
    with pytest.raises(UnavailableError) as found:
        Mongo.open(uri, "LibreChat")
    assert "hunter2" not in found.value.message


@pytest.mark.parametrize(
    ("uri", "encrypted"),
    [
        ("mongodb://127.0.0.1/", None),
        ("mongodb://[::1]/?tls=true", True),
        ("mongodb://192.0.2.1/", True),
        ("mongodb://192.0.2.1/?tls=false", True),
        ("mongodb://127.0.0.1,192.0.2.1/", True),
        ("mongodb://127.0.0.1/?replicaSet=r", None),
    ],
)
def test_off_this_host_the_database_must_prove_who_it_is(uri: str, encrypted: object) -> None:
    found = Mongo.open(uri, "LibreChat")
    context = found.database.client.options.pool_options._ssl_context
    assert (context is not None) is bool(encrypted)
    if encrypted:
        assert context.minimum_version == ssl.TLSVersion.TLSv1_3
    # In clear, nobody is asked whom the server names beside itself.
    assert found.database.client.options.direct_connection is not bool(encrypted)
    found.close()


def test_a_library_that_cannot_be_held_to_tls_1_3_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PoolOptions, "_ssl_context", None)
    with pytest.raises(UnavailableError, match=r"pymongo cannot be held to TLS 1\.3"):
        Mongo.open("mongodb://192.0.2.1/", "LibreChat")
