"""LibreChat's documents from its MongoDB, read only. Layer: adapters. Only home of `pymongo`.

Each question reads what it needs anew, so that what is taken away in LibreChat is taken away
here with the next question. Ids come from callers: they are compared as plain values, and never
become operators of a query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from wilkc.adapters.librechat.documents import Facts
from wilkc.adapters.librechat.reading import (
    read_agent,
    read_all,
    read_entry,
    read_file,
    read_grant,
    read_group,
    read_role,
    read_server,
    read_user,
    require_sound,
)
from wilkc.core.errors import UnavailableError
from wilkc.core.tls import hold_to_tls_1_3, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.adapters.librechat.documents import Matter, Thing

T = TypeVar("T")

MAX_DOCUMENTS: Final = 10_000
"""Of one collection for one question; more of them are not read in part, but refused."""
TOOLS: Final = ("execute_code", "file_search", "image_edit", "ocr", "context")
"""Tools of LibreChat's agents that carry files."""
LOOSENING: Final = frozenset({"tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames",
                              "tlsInsecure", "tlsDisableOCSPEndpointCheck"})  # fmt: skip
"""Settings of an address that take the proof out of TLS."""
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}", re.ASCII)


@dataclass(frozen=True)
class Mongo:
    """LibreChat's database.

    Attributes:
        database: of `pymongo`, connected by `open`.
        close: ends its connections.
    """

    database: Any
    close: Callable[[], None]

    @classmethod
    def open(cls, uri: str, name: str, *, seconds: float = 2.0) -> Self:
        """Connect to a database.

        Args:
            uri: where it is, with credentials of a user that may only read.
            name: of the database, usually `LibreChat`.
            seconds: for each question to the server, and for finding one.

        Raises:
            UnavailableError: there is no `pymongo`, or the address makes no sense.
        """
        try:
            from pymongo import MongoClient, ReadPreference  # noqa: PLC0415  # an extra
            from pymongo.errors import PyMongoError  # noqa: PLC0415
            from pymongo.uri_parser import parse_uri  # noqa: PLC0415
        except ImportError as error:
            raise UnavailableError(
                "reading LibreChat's database needs pymongo",
                help_text="install `wilkc[librechat]`",
            ) from error
        milliseconds = int(seconds * 1000)
        try:
            parsed = parse_uri(uri)
            loosened = sorted(LOOSENING.intersection(parsed["options"]))
            if loosened:
                raise UnavailableError(f"`{loosened[0]}` would let anybody answer for the database")
            here = all(is_loopback(host) for host, _ in parsed["nodelist"])
            encrypted = parsed["options"].get("tls", False) if here else True
            client: Any = MongoClient(
                uri,
                # Off this host an answer counts only from who proves to be the database.
                tls=encrypted,
                # The database names others that belong to it, which may be elsewhere.
                directConnection=not encrypted,
                connect=False,
                tz_aware=True,
                retryWrites=False,
                timeoutMS=milliseconds,
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
            )
            if encrypted:
                _demand_tls_1_3(client)
            # The primary alone: a secondary may not know yet what was taken away.
            database = client.get_database(name, read_preference=ReadPreference.PRIMARY)
        except (PyMongoError, ValueError, TypeError) as error:
            # Not with the library's text: it may show the credentials of the address.
            raise UnavailableError(
                f"the address of LibreChat's database cannot be used: {type(error).__name__}"
            ) from None
        return cls(database, client.close)

    def facts(self, user_id: str, matter: Matter) -> Facts | None:
        """See `Source.facts`."""
        user = self._one("users", {"_id": _as_id(user_id)}, read_user)
        if user is None:
            return None
        tenant = {"$exists": False} if user.tenant is None else {"$eq": user.tenant}
        agent = self._named("agents", "id", matter.agent, read_agent)
        server = self._named("mcpservers", "serverName", matter.server, read_server, tenant)
        file = self._named("files", "file_id", matter.file, read_file)
        carriers = () if file is None else self._carriers(file.id)
        things = [one for one in (agent, server, *carriers) if one is not None]
        ids = [_as_id(one.object_id) for one in things]
        return Facts(
            user,
            matter,
            self._named("roles", "name", user.role or None, read_role, tenant),
            self._many("groups", {"memberIds": {"$eq": user.member_id}}, read_group),
            self._many("aclentries", {"resourceId": {"$in": ids}}, read_entry) if ids else (),
            self._many("systemgrants", {}, read_grant),
            agent,
            server,
            file,
            carriers,
        )

    def _carriers(self, file_id: str) -> tuple[Thing, ...]:
        """Agents that carry a file, under whichever tool; the names of tools are LibreChat's."""
        carried: list[dict[str, Any]] = [
            {f"tool_resources.{tool}.file_ids": {"$eq": file_id}} for tool in TOOLS
        ]
        return self._many("agents", {"$or": carried}, read_agent)

    def _named(
        self,
        collection: str,
        member: str,
        name: str | None,
        read: Callable[[Mapping[str, Any]], T],
        tenant: dict[str, Any] | None = None,
    ) -> T | None:
        if name is None:
            return None
        wanted: dict[str, Any] = {member: {"$eq": name}}
        if tenant is not None:
            wanted["tenantId"] = tenant
        return self._one(collection, wanted, read)

    def _one(
        self, collection: str, wanted: dict[str, Any], read: Callable[[Mapping[str, Any]], T]
    ) -> T | None:
        """The one document; of two, nobody knows which is meant, so there is none."""
        found = self._many(collection, wanted, read)
        return found[0] if len(found) == 1 else None

    def _many(
        self, collection: str, wanted: dict[str, Any], read: Callable[[Mapping[str, Any]], T]
    ) -> tuple[T, ...]:
        from pymongo.errors import PyMongoError  # noqa: PLC0415  # an extra

        try:
            documents = list(self.database[collection].find(wanted).limit(MAX_DOCUMENTS + 1))
        except PyMongoError as error:
            # Not with the library's text: it may show the credentials of the address.
            raise UnavailableError(
                f"LibreChat's database does not answer: {type(error).__name__}"
            ) from None
        if len(documents) > MAX_DOCUMENTS:
            raise UnavailableError(
                f"LibreChat's `{collection}` has more than {MAX_DOCUMENTS} documents on one matter"
            )
        values, problems = read_all(collection, documents, read)
        require_sound(problems)
        return tuple(values)


def _demand_tls_1_3(client: Any) -> None:
    """The library has no setting for it; where its parts have other names, nothing is read.

    Every connection, also those that watch the servers, comes from this context.
    """
    pool = getattr(client.options, "pool_options", None)
    hold_to_tls_1_3(getattr(pool, "_ssl_context", None), "pymongo")


def _as_id(text: str) -> Any:
    """An id as the database has it: an ObjectId where it looks like one, else plain text."""
    from bson import ObjectId  # noqa: PLC0415  # comes with pymongo

    return ObjectId(text) if _OBJECT_ID.fullmatch(text) else text
