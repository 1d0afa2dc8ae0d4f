"""The categories of `permissions`. Layer: spec. LANGUAGE.md sections 3 to 8.

None means that a key is absent; an empty tuple means nobody.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from wilkc.core.contract import Json
from wilkc.core.errors import PatternError
from wilkc.language.schemas import parse_schema
from wilkc.spec.models.base import (
    Count,
    Duration,
    HostText,
    Key,
    Name,
    NameText,
    Section,
    Size,
    Words,
    refusal,
)
from wilkc.spec.models.conditions import Condition  # noqa: TC001 - pydantic reads it
from wilkc.spec.models.entries import (
    AgentItem,
    AllowedCommandItem,
    AllowedPathItem,
    BlockedCommandItem,
    BlockedPathItem,
    Entry,
    LabelItem,
    ModelItem,
    NameItem,
    SignalItem,
    ToolItem,
    entry_kind,
)
from wilkc.spec.models.ports import BlockedPort, Ports

Protocol = Literal["http", "https", "ws", "wss", "ssh", "ftp", "tcp", "udp"]


def _extension(text: str) -> str:
    if not text.removeprefix(".") or "/" in text or "." in text.removeprefix("."):
        raise refusal("W104", "expected a file extension such as `.md`", "write the last suffix")
    return text


Extension = Annotated[
    str,
    AfterValidator(_extension),
    WithJsonSchema({"type": "string", "pattern": "^[.]?[^./]+$"}),
]


class FileMetadata(Section):
    """Limits over all file actions.

    Attributes:
        max_file_size: largest file that may be read or written, e.g. `10MB`
        allowed_extensions: last suffixes of files that may be written, e.g. `[.ts, .md]`
        blocked_paths: paths denied for every action, with all below,
            e.g. `['**/.env*', '**/.git/**']`
    """

    max_file_size: Size | None = None
    allowed_extensions: tuple[Extension, ...] | None = None
    blocked_paths: tuple[BlockedPathItem, ...] | None = None


class Filesystem(Section):
    """Which paths may be used how.

    Attributes:
        read: paths that may be read or listed, e.g. `['./src/**', './docs/**/*.md']`
        write: paths that may be written or made, e.g. `['./reports/**']`
        execute: scripts and programs that may be run, e.g. `['./scripts/build.sh']`
        delete: paths that may be deleted, e.g. `['./tmp/**']`
        watch: paths that may be watched for changes, e.g. `['./src/**']`
        metadata: limits over all file actions, e.g. `{max_file_size: 10MB}`
    """

    read: tuple[AllowedPathItem, ...] | None = None
    write: tuple[AllowedPathItem, ...] | None = None
    execute: tuple[AllowedPathItem, ...] | None = None
    delete: tuple[AllowedPathItem, ...] | None = None
    watch: tuple[AllowedPathItem, ...] | None = None
    metadata: FileMetadata | None = None


class HostEntry(Entry):
    """A host with ports, protocols or a condition of its own.

    Attributes:
        host: name, address, range or `private`, e.g. `'db.example.net'`
        ports: ports of this host, in place of the section's, e.g. `[5432, '6000-6009']`
        protocols: protocols of this host, in place of the section's, e.g. `[tcp]`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    host: HostText
    ports: Ports | None = None
    protocols: tuple[Protocol, ...] | None = None
    when: Condition | None = None

    @property
    def text(self) -> str:
        """The pattern."""
        return self.host

    @property
    def condition(self) -> Condition | None:
        """What must hold for the entry to count, if anything."""
        return self.when


Host = Annotated[
    Annotated[HostText, Tag("text")] | Annotated[HostEntry, Tag("entry")],
    Discriminator(entry_kind),
]


class Network(Section):
    """Which hosts may be reached how.

    Attributes:
        allowed_hosts: hosts that may be reached, e.g. `['api.example.com', '*.example.org']`
        allowed_ports: ports that may be reached; default: those of the protocols, e.g. `[443]`
        blocked_hosts: hosts denied whatever is allowed, e.g. `['*.internal', 'private']`
        blocked_ports: ports denied whatever is allowed, e.g. `[22, '6000-6009']`
        protocols: protocols that may be spoken; default: https, e.g. `[https, wss]`
        max_requests_per_minute: most requests in any minute, e.g. `60`
        timeout_seconds: longest time that one request may take, e.g. `30`
    """

    allowed_hosts: tuple[Host, ...] | None = None
    allowed_ports: Ports | None = None
    blocked_hosts: tuple[Host, ...] | None = None
    blocked_ports: tuple[BlockedPort, ...] | None = None
    protocols: tuple[Protocol, ...] | None = None
    max_requests_per_minute: Count | None = None
    timeout_seconds: Duration | None = None


class EnvironmentVariables(Section):
    """Which variables a command may see.

    Attributes:
        allow: names of variables let through, e.g. `['CI', 'npm_*']`
        set: variables with the values they get, e.g. `{TZ: UTC}`
        block: names of variables taken away, e.g. `['*_TOKEN']`
    """

    allow: tuple[NameText, ...] | None = None
    set: dict[Words, str] | None = None
    block: tuple[NameText, ...] | None = None


class Shell(Section):
    """Which commands may run.

    Attributes:
        allowed_commands: commands that may run, one simple command each,
            e.g. `['git status', 'ls *']`
        blocked_commands: commands denied in whatever spelling, e.g. `['rm -rf *', 'sudo *']`
        allowed_interpreters: interpreters that may run scripts, e.g. `[node, python3]`
        environment_variables: variables that a command sees, e.g. `{allow: ['CI']}`
        working_directories: where commands may start; default: the workspace, e.g. `['./app/**']`
        max_execution_time: longest time that a command may take, e.g. `5m`
        max_memory_usage: most memory that a command may use, e.g. `512MB`
    """

    allowed_commands: tuple[AllowedCommandItem, ...] | None = None
    blocked_commands: tuple[BlockedCommandItem, ...] | None = None
    allowed_interpreters: tuple[Name, ...] | None = None
    environment_variables: EnvironmentVariables | None = None
    working_directories: tuple[AllowedPathItem, ...] | None = None
    max_execution_time: Duration | None = None
    max_memory_usage: Size | None = None


class Llm(Section):
    """Which models may be asked.

    Attributes:
        max_tokens_per_request: most tokens that one request may ask for, e.g. `4096`
        max_requests_per_hour: most requests in any hour, e.g. `100`
        allowed_models: models that may be asked, e.g. `['gpt-4', 'claude-*']`
        blocked_models: models denied in upper and lower case, e.g. `['*uncensored*']`
        content_filtering: whether the caller must filter what comes back, e.g. `true`
    """

    max_tokens_per_request: Count | None = None
    max_requests_per_hour: Count | None = None
    allowed_models: tuple[ModelItem, ...] | None = None
    blocked_models: tuple[ModelItem, ...] | None = None
    content_filtering: bool | None = None


class Data(Section):
    """Which classes of data may be used how.

    Attributes:
        pii_detection: whether the caller must look for personal data, e.g. `true`
        data_classification: labels that the agent may touch, e.g. `[public, internal]`
        encryption_required: whether data must be encrypted to be stored or exported, e.g. `true`
        retention_policy: after what time data must be deleted, e.g. `30d`
    """

    pii_detection: bool | None = None
    data_classification: tuple[LabelItem, ...] | None = None
    encryption_required: bool | None = None
    retention_policy: Duration | None = None


class EnvironmentAccess(Section):
    """Variables that may be read or written through Wilk.

    Attributes:
        read: names of variables that may be read, e.g. `['CI_*']`
        write: names of variables that may be set, e.g. `['APP_MODE']`
    """

    read: tuple[NameItem, ...] | None = None
    write: tuple[NameItem, ...] | None = None


class ConfigAccess(Section):
    """Settings that may be read or modified.

    Attributes:
        read: names of settings that may be read, e.g. `['*']`
        modify: names of settings that may be changed, e.g. `['theme']`
    """

    read: tuple[NameItem, ...] | None = None
    modify: tuple[NameItem, ...] | None = None


class RegistryAccess(Section):
    """Packages that may be published, installed or downloaded.

    Attributes:
        publish: packages that may be published, e.g. `['@acme/*']`
        install: packages that may be installed, e.g. `['@acme/*']`
        download: packages that may be downloaded, e.g. `['*']`
    """

    publish: tuple[NameItem, ...] | None = None
    install: tuple[NameItem, ...] | None = None
    download: tuple[NameItem, ...] | None = None


class System(Section):
    """What may be asked of the host.

    Attributes:
        info: facts about the host that may be asked for, e.g. `['cpu', 'memory']`
        signal: processes that may be signalled: own ones, or those named, e.g. `[own]`
        env: variables that may be read or set through Wilk, e.g. `{read: ['CI_*']}`
        config: settings that may be read or changed, e.g. `{read: ['*']}`
        registry: packages that may be published, installed or downloaded,
            e.g. `{install: ['@acme/*']}`
        admin: whether everything that an administrator may do is allowed, e.g. `false`
    """

    info: tuple[NameItem, ...] | None = None
    signal: tuple[SignalItem, ...] | None = None
    env: EnvironmentAccess | None = None
    config: ConfigAccess | None = None
    registry: RegistryAccess | None = None
    admin: bool | None = None


def _schema(raw: dict[str, Json]) -> dict[str, Json]:
    try:
        parse_schema(raw)
    except PatternError as error:
        raise refusal(error.code, error.message, error.help_text) from error
    return raw


class Tools(Section):
    """Which tools may be called.

    Attributes:
        allowed: names of tools that may be called, e.g. `['web_search', 'mcp__github__get_*']`
        blocked: names of tools denied in upper and lower case, e.g. `['mcp__*__delete_*']`
        arguments: tools with the schema of their arguments, e.g. `{search: {required: [path]}}`
        signed: keys one of which must have signed the tool, by id or as public keys of plugins,
            e.g. `[release-key]`
    """

    allowed: tuple[ToolItem, ...] | None = None
    blocked: tuple[ToolItem, ...] | None = None
    arguments: dict[NameText, Annotated[dict[str, Json], AfterValidator(_schema)]] | None = None
    signed: tuple[Key, ...] | None = None


class Agents(Section):
    """What may be done to which agents.

    Attributes:
        use: agents that may be used, e.g. `['helper-*']`
        create: agents that may be made, e.g. `['worker-?']`
        modify: agents that may be changed, e.g. `['worker-?']`
        delete: agents that may be deleted, e.g. `['worker-?']`
        share: agents that may be shared with others, e.g. `['helper-*']`
    """

    use: tuple[AgentItem, ...] | None = None
    create: tuple[AgentItem, ...] | None = None
    modify: tuple[AgentItem, ...] | None = None
    delete: tuple[AgentItem, ...] | None = None
    share: tuple[AgentItem, ...] | None = None


class Permissions(Section):
    """All categories; one that is absent may be filled from the organisation's defaults.

    Attributes:
        filesystem: which paths may be used how, e.g. `{read: ['./src/**']}`
        network: which hosts may be reached how, e.g. `{allowed_hosts: ['api.example.com']}`
        shell: which commands may run, e.g. `{allowed_commands: ['git status']}`
        system: what may be asked of the host, e.g. `{info: ['cpu']}`
        llm: which models may be asked, e.g. `{allowed_models: ['gpt-4']}`
        data: which classes of data may be touched, e.g. `{data_classification: [public]}`
        tools: which tools may be called, e.g. `{allowed: ['web_search']}`
        agents: what may be done to which agents, e.g. `{use: ['helper-*']}`
    """

    filesystem: Filesystem | None = None
    network: Network | None = None
    shell: Shell | None = None
    system: System | None = None
    llm: Llm | None = None
    data: Data | None = None
    tools: Tools | None = None
    agents: Agents | None = Field(default=None)
