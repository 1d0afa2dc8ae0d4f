"""What other documents need to know of a spec, as JSON. Layer: spec.

With the outline of a spec its name, its agents and the specs it extends are known without
reading its file again; its permissions are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.spans import Span
from wilkc.spec.documents import Document, Kind
from wilkc.spec.models.agent import AgentSpec
from wilkc.syntax import Sequence

if TYPE_CHECKING:
    from wilkc.core.contract import Json


def outline_of(spec: AgentSpec) -> dict[str, Json]:
    """The outline of a spec."""
    agents = None if spec.agents is None else list(spec.agents)
    return {"agent": spec.agent, "agents": agents, "extends": list(spec.extends)}


def outlined(file: str, outline: dict[str, Any]) -> Document:
    """A document that stands for a spec: it names what the spec names, and grants nothing.

    Places in it are those of the file's start.

    Raises:
        ValueError: the outline is not one.
    """
    held = {
        key: tuple(value) if isinstance(value, list) else value for key, value in outline.items()
    }
    model = AgentSpec.model_validate({**held, "permissions": {}})
    start = Span(file, 1, 1, 1, 1)
    return Document(Kind.AGENT_SPEC, file, start, model, Sequence(start, ()))
