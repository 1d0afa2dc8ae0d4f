"""An agent spec: what stands beside `permissions`. Layer: spec. LANGUAGE.md sections 1 and 10."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, model_validator

from wilkc.core.contract import Json, Reason
from wilkc.spec.models.base import Name, Section, Words, refusal
from wilkc.spec.models.permissions import Permissions
from wilkc.spec.models.sandbox import Sandbox


class SpecTest(Section):
    """One entry of `tests:`: exactly one of `allow` and `deny`.

    Attributes:
        allow: a request that must be granted, e.g. `file:./src/app.ts read`
        deny: a request that must be denied, e.g. `shell:git push origin main execute`
        context: circumstances of the request, e.g. `{cwd: ./app}`
        reason: the reason that the answer must give, e.g. `PERMISSION_DENIED`
        name: what the test is about, e.g. `sources are read-only`
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["allow"]}, {"required": ["deny"]}]}
    )

    allow: Words | None = None
    deny: Words | None = None
    context: dict[str, Json] | None = None
    reason: Reason | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> SpecTest:
        if (self.allow is None) == (self.deny is None):
            raise refusal("W106", "a test says either `allow` or `deny`", "write one of the two")
        return self


class AgentSpec(Section):
    """The permissions of one or several agents.

    Attributes:
        wilk: version of the language, e.g. `'1'`
        agent: id of the one agent; without it the file's name, e.g. `reviewer`
        agents: ids of several agents with the same permissions, e.g. `[ci-1, ci-2]`
        description: what the agent is for, in a sentence, e.g. `Reviews pull requests.`
        owner: who answers for the spec, e.g. `platform-team`
        extends: specs whose allows and blocks are united with these, e.g. `[base]`
        case: whether paths tell upper and lower case apart, e.g. `insensitive`
        permissions: what is allowed; nothing else is, e.g. `{filesystem: {read: ['./src/**']}}`
        sandbox: how commands are confined, e.g. `{isolation: {level: strict}}`
        tests: requests with the answer wanted, run by every check, e.g. `[allow: 'file:./a read']`
    """

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["agent", "agents"]}})

    wilk: Literal["1"] = "1"
    agent: Name | None = None
    agents: tuple[Name, ...] | None = None
    description: str | None = None
    owner: str | None = None
    extends: tuple[Name, ...] = ()
    case: Literal["sensitive", "insensitive"] = "sensitive"
    permissions: Permissions
    sandbox: Sandbox | None = None
    tests: tuple[SpecTest, ...] = ()

    @model_validator(mode="after")
    def _one_naming(self) -> AgentSpec:
        if self.agent is not None and self.agents is not None:
            raise refusal(
                "W106", "`agent` and `agents` stand beside each other", "write one of the two"
            )
        return self
