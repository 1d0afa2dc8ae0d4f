"""AuthZEN over HTTP: paths, headers, sizes and codes. Layer: adapters; the home of starlette.

Source: OpenID AuthZEN Authorization API 1.0, "Transport", and the demands of its certification
scenario. A denial is 200; a code of 400 or more says that there was no evaluation at all.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from wilkc.adapters.authzen.callers import identified
from wilkc.adapters.authzen.metadata import EVALUATION, EVALUATIONS, METADATA
from wilkc.adapters.authzen.service import ANYBODY, BAD_REQUEST, INTERNAL_ERROR
from wilkc.core.errors import RequestError
from wilkc.identity import PUBLIC_MESSAGE, AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from starlette.requests import Request as HttpRequest
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wilkc.adapters.authzen.callers import Caller
    from wilkc.adapters.authzen.service import Service
    from wilkc.core.contract import Json
    from wilkc.identity import Identity

MAX_EVALUATION_BYTES: Final = 131_072
"""Body of one evaluation: twice a request, for blanks, escapes and unknown members."""
MAX_EVALUATIONS_BYTES: Final = 4 * 2**20
BODY_SECONDS: Final = 10.0
"""How long a body may take to arrive."""
_TOO_LARGE: Final = 413
_TOO_SLOW: Final = 408
_UNKNOWN: Final = 401
_JSON: Final = "application/json"
_REQUEST_ID: Final = b"x-request-id"
_PLAIN_ID: Final = re.compile(rb"[\x20-\x7e]{1,256}")
_NEVER_KEPT: Final = {"Cache-Control": "no-store"}
_KEPT_A_WHILE: Final = {"Cache-Control": "max-age=300"}


def authzen_app(
    service: Service,
    document: Json,
    pool: Executor,
    log: Callable[[str], None],
    identity: Identity | None = None,
) -> ASGIApp:
    """The application.

    Args:
        service: answers bodies.
        document: the metadata.
        pool: where answers are waited for; each waits for the decision point.
        log: told, in one line, of faults of ours.
        identity: knows who may ask; None for whoever can connect.
    """

    async def show_metadata(request: HttpRequest) -> Response:
        del request
        return JSONResponse(document, headers=_KEPT_A_WHILE)

    def answered(path: str, answer: Callable[[bytes, Caller], Json], limit: int) -> Route:
        async def endpoint(request: HttpRequest) -> Response:
            loop = asyncio.get_running_loop()
            try:
                caller: Caller = ANYBODY
                if identity is not None:
                    shown, source = request.headers.getlist("authorization"), _source(request)
                    # Before the body: who is not known gives us nothing to read.
                    caller = await loop.run_in_executor(pool, identified, identity, shown, source)
                _require_json(request)
                body = await _body(request, limit)
                found = await loop.run_in_executor(pool, answer, body, caller)
            except HTTPException:
                raise
            except AuthenticationError as error:
                raise _unknown() from error
            except RequestError as error:
                raise HTTPException(BAD_REQUEST, error.message) from error
            except Exception as error:  # whatever it is, the caller must read no permission in it
                log(f"an evaluation failed: {type(error).__name__}: {error}")
                raise HTTPException(INTERNAL_ERROR, "the evaluation failed") from error
            return JSONResponse(found, headers=_NEVER_KEPT)

        return Route(path, endpoint, methods=["POST"])

    app = Starlette(
        routes=[
            answered(EVALUATION, service.evaluation, MAX_EVALUATION_BYTES),
            answered(EVALUATIONS, service.evaluations, MAX_EVALUATIONS_BYTES),
            Route(METADATA, show_metadata, methods=["GET"]),
        ]
    )
    # A path is that path: a redirected POST may arrive as something else.
    app.router.redirect_slashes = False
    return _RequestIds(app)


def _source(request: HttpRequest) -> str:
    """Where failures to authenticate are counted: by address, and by all who use a socket."""
    return request.client.host if request.client is not None else "socket"


def _unknown() -> HTTPException:
    """One answer for all that is wrong with a credential (RFC 6750 section 3)."""
    headers = {"WWW-Authenticate": 'Bearer realm="wilk"', "Connection": "close", **_NEVER_KEPT}
    return HTTPException(_UNKNOWN, PUBLIC_MESSAGE, headers=headers)


def _require_json(request: HttpRequest) -> None:
    given = request.headers.getlist("content-type")
    if [value.partition(";")[0].strip().lower() for value in given] != [_JSON]:
        raise HTTPException(BAD_REQUEST, f"the content type must be `{_JSON}`")


async def _body(request: HttpRequest, limit: int) -> bytes:
    """The whole body, if it is small and fast enough."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _unread(_TOO_LARGE, f"the body has more than {limit} bytes")
    except TimeoutError as error:
        raise _unread(_TOO_SLOW, "the body took too long to arrive") from error
    except ClientDisconnect as error:
        raise HTTPException(BAD_REQUEST, "the body is not whole") from error
    return bytes(body)


def _unread(status: int, message: str) -> HTTPException:
    """The rest of the body must not be read as the next request."""
    return HTTPException(status, message, headers={"Connection": "close"})


class _RequestIds:
    """Gives a request's identifier back with whatever is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = [value for name, value in scope["headers"] if name == _REQUEST_ID]
        if not given:
            await self._app(scope, receive, send)
        elif len(given) == 1 and _PLAIN_ID.fullmatch(given[0]):
            await self._app(scope, receive, _with_id(send, given[0]))
        else:
            message = "`X-Request-ID` must be one text of 1 to 256 printable ASCII characters"
            await PlainTextResponse(message, BAD_REQUEST)(scope, receive, send)


def _with_id(send: Send, identity: bytes) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (_REQUEST_ID, identity)]
        await send(message)

    return sending
