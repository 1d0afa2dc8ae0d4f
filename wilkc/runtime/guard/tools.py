"""Functions that are tools of an agent, called only where that is permitted. Layer: runtime."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.runtime.guard.action import Action

F = TypeVar("F", bound="Callable[..., Any]")


class Starter(Protocol):
    """Begins actions."""

    def action(self, resource: str, action: str, *, properties: dict[str, Any]) -> Action:
        """The action, not yet begun."""
        ...


def as_tool(guard: Starter, function: F, name: str) -> F:
    """The same function, each call of which is an action `tool:NAME call`.

    The arguments are judged as the function gets them: by name, defaults filled in.

    Raises:
        UsageError: it is a generator, whose work would begin only after the action's end.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            f"`{name}` yields, so its work would begin only after it was permitted and recorded",
            help_text="let the tool return its result, or use `Guard.action` around the work",
        )
    signature = inspect.signature(function)

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Action:
        properties = {"arguments": _arguments(signature.bind(*args, **kwargs))}
        return guard.action(f"tool:{name}", "call", properties=properties)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            async with begin(args, kwargs):
                return await function(*args, **kwargs)

        return call_async  # type: ignore[return-value]  # the same signature, by wraps

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with begin(args, kwargs):
            return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # the same signature, by wraps


def _arguments(bound: inspect.BoundArguments) -> dict[str, Any]:
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found |= value
        else:
            found[name] = list(value) if kind is inspect.Parameter.VAR_POSITIONAL else value
    return found
