"""Functions that are tools of an agent, called only where that is permitted. Layer: runtime."""

from __future__ import annotations

import functools
import inspect
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from wilkc.core.contract import denial
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.contract import Decision
    from wilkc.runtime.guard.action import Action

UNCLEAR: Final = "arguments_unclear"
F = TypeVar("F", bound="Callable[..., Any]")


class Starter(Protocol):
    """Begins actions."""

    def action(
        self,
        resource: str,
        action: str,
        *,
        properties: dict[str, Any],
        beforehand: Decision | None,
    ) -> Action:
        """The action, not yet begun."""
        ...


def as_tool(guard: Starter, function: F, name: str) -> F:
    """The same function, each call of which is an action `tool:NAME call`.

    The arguments are judged as the function gets them: by name, defaults filled in. It gets a copy
    of them, so that nobody changes them after they were judged. Where they cannot be told apart by
    their names, or not be copied, the call is denied.

    Raises:
        UsageError: it is a generator, whose work would begin only after the action's end.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            f"`{name}` yields, so its work would begin only after it was permitted and recorded",
            help_text="let the tool return its result, or use `Guard.action` around the work",
        )
    signature = inspect.signature(function)

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Begun:
        signature.bind(*args, **kwargs)
        properties: dict[str, Any] = {}
        refusal = None
        try:
            args, kwargs = deepcopy((args, kwargs))
            properties["arguments"] = _arguments(signature.bind(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
            text = f"it cannot be told what the tool would work on: {error}"
            refusal = denial("VALIDATION_ERROR", UNCLEAR, text)
        action = guard.action(f"tool:{name}", "call", properties=properties, beforehand=refusal)
        return _Begun(action, args, kwargs)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            begun = begin(args, kwargs)
            async with begun.action:
                return await function(*begun.args, **begun.kwargs)

        return call_async  # type: ignore[return-value]  # the same signature, by wraps

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        begun = begin(args, kwargs)
        with begun.action:
            return function(*begun.args, **begun.kwargs)

    return call  # type: ignore[return-value]  # the same signature, by wraps


class _Begun(NamedTuple):
    """A call: its action, not yet begun, and the arguments that are judged."""

    action: Action
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def _arguments(bound: inspect.BoundArguments) -> dict[str, Any]:
    """The arguments by name.

    Raises:
        ValueError: two have one name: a keyword may be called like a parameter that none reaches.
    """
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            twice = found.keys() & value.keys()
            if twice:
                raise ValueError(f"`{min(twice)}` is given twice")
            found |= value
        else:
            found[name] = list(value) if kind is inspect.Parameter.VAR_POSITIONAL else value
    return found
