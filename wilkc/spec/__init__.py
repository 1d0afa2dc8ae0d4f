"""Located nodes to typed documents. Room: spec; the only home of pydantic.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.spec.documents import Document, Kind, key_span, locate
    from wilkc.spec.editing import entry_text, with_entries
    from wilkc.spec.files import FLEET_SUFFIX, MAX_FLEET_BYTES
    from wilkc.spec.fleets import Fleet, Member
    from wilkc.spec.matrices import CSV_SUFFIX, matrix_text, read_matrix
    from wilkc.spec.models.agent import AgentSpec, SpecTest
    from wilkc.spec.models.entries import Entry, entry_parts
    from wilkc.spec.models.grant import MAX_GRANT, Grant, instant_text, moment_of
    from wilkc.spec.models.matrix import MatrixRow
    from wilkc.spec.models.permissions import (
        Agents,
        Data,
        EnvironmentVariables,
        Filesystem,
        HostEntry,
        Llm,
        Network,
        Permissions,
        Shell,
        System,
        Tools,
    )
    from wilkc.spec.models.policy import Bindings, ModelCategory, PermissionModel, SecurityPolicy
    from wilkc.spec.models.ports import PortEntry, port_text
    from wilkc.spec.models.sandbox import Sandbox
    from wilkc.spec.models.settings import Settings
    from wilkc.spec.outlines import outline_of, outlined
    from wilkc.spec.reader import ReadResult, read_specs
    from wilkc.spec.schema import SCHEMA_KINDS, json_schema
    from wilkc.spec.shapes import Shape, shape_of

__all__ = [
    "CSV_SUFFIX",
    "FLEET_SUFFIX",
    "MAX_FLEET_BYTES",
    "MAX_GRANT",
    "SCHEMA_KINDS",
    "AgentSpec",
    "Agents",
    "Bindings",
    "Data",
    "Document",
    "Entry",
    "EnvironmentVariables",
    "Filesystem",
    "Fleet",
    "Grant",
    "HostEntry",
    "Kind",
    "Llm",
    "MatrixRow",
    "Member",
    "ModelCategory",
    "Network",
    "PermissionModel",
    "Permissions",
    "PortEntry",
    "ReadResult",
    "Sandbox",
    "SecurityPolicy",
    "Settings",
    "Shape",
    "Shell",
    "SpecTest",
    "System",
    "Tools",
    "entry_parts",
    "entry_text",
    "instant_text",
    "json_schema",
    "key_span",
    "locate",
    "matrix_text",
    "moment_of",
    "outline_of",
    "outlined",
    "port_text",
    "read_matrix",
    "read_specs",
    "shape_of",
    "with_entries",
]
_HOMES: Final = {
    "documents": (
        "Document",
        "Kind",
        "key_span",
        "locate",
    ),
    "editing": (
        "entry_text",
        "with_entries",
    ),
    "files": (
        "FLEET_SUFFIX",
        "MAX_FLEET_BYTES",
    ),
    "fleets": (
        "Fleet",
        "Member",
    ),
    "matrices": (
        "CSV_SUFFIX",
        "matrix_text",
        "read_matrix",
    ),
    "models.agent": (
        "AgentSpec",
        "SpecTest",
    ),
    "models.entries": (
        "Entry",
        "entry_parts",
    ),
    "models.grant": (
        "Grant",
        "MAX_GRANT",
        "instant_text",
        "moment_of",
    ),
    "models.matrix": ("MatrixRow",),
    "models.permissions": (
        "Agents",
        "Data",
        "EnvironmentVariables",
        "Filesystem",
        "HostEntry",
        "Llm",
        "Network",
        "Permissions",
        "Shell",
        "System",
        "Tools",
    ),
    "models.policy": (
        "Bindings",
        "ModelCategory",
        "PermissionModel",
        "SecurityPolicy",
    ),
    "models.ports": ("PortEntry", "port_text"),
    "models.sandbox": ("Sandbox",),
    "models.settings": ("Settings",),
    "outlines": (
        "outline_of",
        "outlined",
    ),
    "reader": (
        "ReadResult",
        "read_specs",
    ),
    "schema": (
        "SCHEMA_KINDS",
        "json_schema",
    ),
    "shapes": (
        "Shape",
        "shape_of",
    ),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
