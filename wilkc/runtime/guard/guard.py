"""The guard: whatever an agent is about to do is asked here first. Layer: runtime.

    canonical request → decision by OPA → conditions → rate → durable record → yes

Nothing but the whole way ends in a yes; everything else is a denial with a reason and a detail.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from wilkc.core.contract import denial
from wilkc.core.errors import UsageError
from wilkc.opa import Announced, Transport
from wilkc.opa.async_transport import AsyncTransport
from wilkc.opa.denials import LATE_ANSWER
from wilkc.opa.transport import DEFAULT_SECONDS
from wilkc.runtime.guard.action import Action, abandon
from wilkc.runtime.guard.conditions import FULFILLABLE
from wilkc.runtime.guard.denied import PermissionDenied
from wilkc.runtime.guard.held import held_by
from wilkc.runtime.guard.pool import Pool
from wilkc.runtime.guard.roots import roots_of
from wilkc.runtime.guard.running import ONLY_THE_COMMAND, CommandResult, Wanted, run_command
from wilkc.runtime.guard.sanitising import sanitize_output
from wilkc.runtime.guard.securely import CODE, given, value_of
from wilkc.runtime.guard.steps import (
    Question,
    failed,
    prepare,
    refused,
    rested,
    settle,
    touches_disk,
    weigh,
)
from wilkc.runtime.guard.tools import as_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.contract import Decision
    from wilkc.identity import Revocations
    from wilkc.runtime.guard.context import SecurityContext
    from wilkc.runtime.guard.recording import Recorder
    from wilkc.runtime.guard.sanitising import Place
    from wilkc.runtime.guard.steps import Prepared, Settled
    from wilkc.runtime.guard.unrevoked import Point
    from wilkc.runtime.guard.unrevoked_async import AsyncPoint
    from wilkc.runtime.limits import RateStore

F = TypeVar("F", bound="Callable[..., Any]")


class Guard:
    """Asks, obeys and records for one agent, or for several that each call names.

    Safe for threads, event loops and forks, as far as its recorder and rates are.

    Args:
        socket: of the sidecar that decides.
        recorder: keeps the record; `SharedLog`, an open `AuditLogger`, or, for trying out,
            `UnsafeNoRecord`.
        agent: id of the agent that acts; None where every call says it.
        workspace: the directory that `.` means.
        home: the directory that `~` means; None takes that of the user who runs this.
        rates: counts hits; without it a grant with a rate limit is a denial.
        fulfils: types of conditions that the caller fulfils for every grant it acts on.
        seconds: time for a decision, everything before the record together.
        bundle: gives the verified bundle that decides now; `run` needs its sandbox plans.
        revocations: says which agents are revoked; without it none is.

    Raises:
        UsageError: a directory is not there, or a condition cannot be fulfilled by a caller.
    """

    def __init__(  # noqa: PLR0913  # what a guard rests on
        self,
        socket: Path,
        recorder: Recorder,
        *,
        agent: str | None = None,
        workspace: str | os.PathLike[str] = ".",
        home: str | os.PathLike[str] | None = None,
        rates: RateStore | None = None,
        fulfils: Iterable[str] = (),
        seconds: float = DEFAULT_SECONDS,
        bundle: Callable[[], VerifiedBundle] | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        self.pool = Pool()
        self._roots = roots_of(workspace, home)
        self._agent = agent
        self._recorder = recorder
        self._rates = rates
        self._fulfils = _fulfillable(fulfils)
        self._seconds = seconds
        self._bundle = bundle
        self._socket = socket
        revisions = Announced(socket)
        self._point: Point = Transport(socket, revisions, seconds=seconds)
        self._async_point: AsyncPoint = AsyncTransport(socket, revisions, seconds=seconds)
        if revocations is not None:
            # Loaded by who has an identity alone.
            from wilkc.runtime.guard.unrevoked import Unrevoked  # noqa: PLC0415
            from wilkc.runtime.guard.unrevoked_async import AsyncUnrevoked  # noqa: PLC0415

            self._point = unrevoked = Unrevoked(self._point, revocations)
            self._async_point = AsyncUnrevoked(self._async_point, unrevoked, self.pool)

    def check(  # noqa: PLR0913  # what is known about an action
        self,
        resource: str,
        action: str | None = None,
        *,
        properties: Mapping[str, Any] | None = None,
        security: SecurityContext | None = None,
        agent: str | None = None,
        fulfils: Iterable[str] = (),
        beforehand: Decision | None = None,
        **context: Any,
    ) -> Decision:
        """Whether an action may happen; never raises.

        The answer is on record as a question when this returns, and a grant has taken its hits.

        Args:
            resource: in the short form, for example `file:./src/a.ts` or `tool:search`.
            action: for example `read`; may be left out for types that have only one.
            properties: of the resource: `size`, `argv`, `classification`, …
            security: who acts, and whence.
            agent: who acts; must agree with the guard's agent and the principal, where given.
            fulfils: conditions that the caller fulfils beside those of the guard.
            beforehand: the answer of another system that was asked first. A denial stands, goes
                on record, and is not asked again; a grant changes nothing.
            **context: further circumstances for the rules to look at.
        """
        question = self._question(
            resource,
            action,
            properties=properties,
            security=security,
            agent=agent,
            fulfils=fulfils,
            beforehand=beforehand,
            **context,
        )
        return self.decide(question, enforced=False)[1].decision

    async def check_async(self, resource: str, action: str | None = None, **given: Any) -> Decision:
        """See `check`, with the same arguments; never blocks the event loop."""
        question = self._question(resource, action, **given)
        return (await self.decide_async(question, enforced=False))[1].decision

    def require(self, resource: str, action: str | None = None, **given: Any) -> Decision:
        """The grant of an action; arguments as for `check`.

        Raises:
            PermissionDenied: there is none.
        """
        return _granted(self.check(resource, action, **given))

    async def require_async(
        self, resource: str, action: str | None = None, **given: Any
    ) -> Decision:
        """See `require`; never blocks the event loop.

        Raises:
            PermissionDenied: there is no grant.
        """
        return _granted(await self.check_async(resource, action, **given))

    def action(self, resource: str, action: str | None = None, **given: Any) -> Action:
        """An action to be done inside `with` or `async with`, between intent and outcome.

        Entering raises `PermissionDenied` where it is not permitted; arguments as for `check`.
        With `resting_on`, the name of a property, a grant counts only if the policy would refuse
        the same without that property.
        """
        return Action(self, self._question(resource, action, **given))

    def tool(self, name: str | None = None) -> Callable[[F], F]:
        """A decorator that makes a function, or a coroutine function, a tool of the agent.

        Each call is an action `tool:NAME call` with its arguments, and happens only if permitted.

        Args:
            name: of the tool; that of the function if left out.

        Raises:
            UsageError: from the decorator, for a generator.
        """
        return lambda function: as_tool(self, function, name or function.__name__)

    def run(
        self,
        argv: Sequence[str],
        *,
        security: SecurityContext | None = None,
        agent: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> CommandResult:
        """Run a command in its sandbox if it may run; blocks until it has ended.

        Args:
            argv: program and arguments, which run without a shell in the workspace.
            security: who acts, and whence.
            agent: who acts, as for `check`.
            environment: variables that the policy may pass on; None takes this process's own.

        Returns:
            The decision that held, and how the command ended; nothing ran where it is denied.
        """
        return self._run(argv, security, agent, environment, ONLY_THE_COMMAND)

    def execute_securely(  # noqa: PLR0913  # see `run`
        self,
        code: str | bytes,
        context: Mapping[str, Any],
        *,
        interpreter: str = "python3",
        digest: str = "",
        security: SecurityContext | None = None,
        agent: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Any:
        """Run code in the agent's sandbox and return its value; blocks until it has ended.

        The command that is decided on is `INTERPRETER /run/wilk/code`. The code finds the context
        as JSON in `/run/wilk/context`, and writes its value as JSON to descriptor 3.

        Args:
            code: the program, at most 1 MiB.
            context: what it works on, as JSON at most 1 MiB.
            interpreter: program that runs it, as the policy names it.
            digest: SHA-256 that the interpreter's file must have; empty for any.
            security: who acts, and whence.
            agent: who acts, as for `check`.
            environment: variables that the policy may pass on; None takes this process's own.

        Raises:
            SecurityError: anything but a value came of it; nothing of it is left behind.
        """
        wanted = given(code, context, digest)
        argv = [interpreter, CODE]
        done = self._run(argv, security, agent, environment, wanted)
        return value_of(done)

    @staticmethod
    def sanitize_output(text: str, context: Place) -> str:
        """The text without secrets and personal data, encoded for where it is shown.

        Args:
            text: whatever an agent or a tool said; of more than 256 Ki characters the first.
            context: `html`, `json`, `markdown` or `terminal`; see the module `sanitising`.

        Raises:
            UsageError: the context is none of these.
        """
        return sanitize_output(text, context)

    def decide(self, question: Question, *, enforced: bool) -> tuple[Prepared, Settled]:
        """The answer to a question, on record."""
        deadline = time.monotonic() + self._seconds
        prepared = prepare(question, self._roots)
        decision = prepared.refusal
        if decision is None:
            try:
                answer = self._point.decide(prepared.request, seconds=_left(deadline))
                if answer.allow and prepared.bare is not None:
                    bare = self._point.decide(prepared.bare, seconds=_left(deadline))
                    answer = rested(answer, bare)
            except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
                answer = failed(error)
            decision = weigh(prepared, answer, self._rates)
        return prepared, self._settle(prepared, decision, enforced=enforced)

    async def decide_async(self, question: Question, *, enforced: bool) -> tuple[Prepared, Settled]:
        """The same without blocking the loop."""
        deadline = time.monotonic() + self._seconds
        prepared = await self._prepare_async(question)
        decision = prepared.refusal
        if decision is None:
            try:
                point = self._async_point
                answer = await point.decide(prepared.request, seconds=_left(deadline))
                if answer.allow and prepared.bare is not None:
                    bare = await point.decide(prepared.bare, seconds=_left(deadline))
                    answer = rested(answer, bare)
            except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
                answer = failed(error)
            decision = weigh(prepared, answer, self._rates)
        settling = partial(self._settle, prepared, decision, enforced=enforced)
        return prepared, await self.pool.run(settling, abandon)

    def close(self) -> None:
        """Close this thread's connection, and end the threads that served event loops."""
        self._point.close()
        self.pool.close()

    def _run(  # see `run`
        self,
        argv: Sequence[str],
        security: SecurityContext | None,
        agent: str | None,
        environment: Mapping[str, str] | None,
        wanted: Wanted,
    ) -> CommandResult:
        question = self._question(
            f"shell:{_shown(argv)}",
            "execute",
            # A copy: what is judged must be what runs, whoever else holds the list.
            properties={"argv": list(argv) if isinstance(argv, list | tuple) else argv},
            security=security,
            agent=agent,
        )
        return run_command(
            prepare(question, self._roots),
            self._point,
            self._recorder,
            rates=self._rates,
            bundle=self._bundle,
            workspace=self._roots.workspace,
            environment=os.environ if environment is None else environment,
            held=held_by(self._socket, self._recorder, self._rates),
            wanted=wanted,
        )

    async def _prepare_async(self, question: Question) -> Prepared:
        """What looks at the disk is left to a thread, which a disk may hold for ever."""
        started = time.perf_counter()
        work = partial(prepare, question, self._roots)
        if not touches_disk(question):
            return work()
        try:
            async with asyncio.timeout(self._seconds):
                return await self.pool.run(work)
        except TimeoutError:
            text = "the path could not be looked at in time"
            return refused(question, denial("VALIDATION_ERROR", LATE_ANSWER, text), started)

    def _settle(self, prepared: Prepared, decision: Decision, *, enforced: bool) -> Settled:
        return settle(
            prepared, decision, recorder=self._recorder, rates=self._rates, enforced=enforced
        )

    def _question(  # noqa: PLR0913  # see `check`
        self,
        resource: str,
        action: str | None,
        *,
        properties: Mapping[str, Any] | None = None,
        security: SecurityContext | None = None,
        agent: str | None = None,
        fulfils: Iterable[str] = (),
        beforehand: Decision | None = None,
        resting_on: str = "",
        **context: Any,
    ) -> Question:
        promised = (self._fulfils, fulfils)
        named = (self._agent, agent)
        given = {} if properties is None else properties
        return Question(
            resource, action, given, context, security, named, promised, beforehand, resting_on
        )


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0)


def _granted(decision: Decision) -> Decision:
    if not decision.allow:
        raise PermissionDenied(decision)
    return decision


def _fulfillable(fulfils: Iterable[str]) -> frozenset[str]:
    found = frozenset(fulfils)
    unknown = sorted(found - FULFILLABLE)
    if unknown:
        raise UsageError(
            f"no caller can fulfil `{unknown[0]}`",
            help_text=f"what can be promised: {', '.join(sorted(FULFILLABLE))}",
        )
    return found


def _shown(argv: object) -> str:
    """A command as a person reads it; what is judged is the list itself."""
    listed = isinstance(argv, list | tuple) and all(isinstance(word, str) for word in argv)
    return shlex.join(argv) if listed else "?"  # type: ignore[arg-type]  # looked at just now
