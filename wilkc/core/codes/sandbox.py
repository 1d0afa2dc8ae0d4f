"""The sandbox section, W170-W199. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W170",
        "one fact of the sandbox is said twice",
        "The two shapes of the section may be mixed, but a limit that is given twice with "
        "different values has no meaning; neither is taken.",
        "sandbox:\n  resources: {memory: {max: 512MB, limit: 268435456}}\npermissions: {}\n",
        "sandbox:\n  resources: {memory: {max: 512MB}}\npermissions: {}\n",
    ),
    Code(
        "W171",
        "a key is looser than its level",
        "A level promises a floor. A key that undercuts it would make the word `strict` mean "
        "nothing to the reader of the spec.",
        "sandbox:\n  isolation: {level: strict, filesystem: full}\npermissions: {}\n",
        "sandbox:\n  isolation: {level: strict, filesystem: restricted}\npermissions: {}\n",
    ),
    Code(
        "W172",
        "an unknown permission word",
        "A misspelt word in `deny` would take nothing away.",
        "sandbox:\n  permissions: {deny: [network]}\npermissions: {}\n",
        "sandbox:\n  permissions: {deny: [net]}\npermissions: {}\n",
    ),
    Code(
        "W173",
        "isolation by process alone cannot confine",
        "Without namespaces nothing keeps file or network rules, so this isolation is accepted "
        "only where there is nothing of the kind to keep.",
        "sandbox:\n  isolation: {type: process}\npermissions: {}\n",
        "sandbox:\n  isolation: {type: namespace}\npermissions: {}\n",
    ),
    Code(
        "W174",
        "a read-only view beside write rules",
        "One of the two is a mistake, and which of them cannot be guessed.",
        "sandbox:\n  isolation: {filesystem: readonly}\npermissions:\n"
        "  filesystem: {write: ['./out/**']}\n",
        "sandbox:\n  isolation: {filesystem: restricted}\npermissions:\n"
        "  filesystem: {write: ['./out/**']}\n",
    ),
    Code(
        "W175",
        "a capability is asked for",
        "Capabilities given to a sandboxed command have no effect in its inner user namespace, "
        "or more effect than anybody meant. None is ever given.",
        "sandbox:\n  security: {capabilities: [CAP_NET_BIND_SERVICE]}\npermissions: {}\n",
        "sandbox:\n  security: {capabilities: []}\npermissions: {}\n",
    ),
    Code(
        "W176",
        "a quantity that is none",
        "A limit that cannot be read, is nothing at all, or has its warning above itself limits "
        "nothing, or stops everything.",
        "sandbox:\n  resources: {cpu: {max: '512MB'}}\npermissions: {}\n",
        "sandbox:\n  resources: {cpu: {max: '80%'}}\npermissions: {}\n",
    ),
    Code(
        "W177",
        "the system call filter is off without saying so",
        "A missing layer has to be named under `degraded`, where it is printed and recorded.",
        "sandbox:\n  isolation: {level: minimal}\n  security: {seccomp: false}\npermissions: {}\n",
        "sandbox:\n  isolation: {level: minimal}\n  security: {seccomp: false}\n"
        "  degraded: [seccomp]\npermissions: {}\n",
    ),
    Code(
        "W178",
        "a layer is named as dispensable that the level needs",
        "`degraded` lets a launch go on without a layer; a level says which layers that may be.",
        "sandbox:\n  isolation: {level: strict}\n  degraded: [cgroup]\npermissions: {}\n",
        "sandbox:\n  isolation: {level: moderate}\n  degraded: [cgroup]\npermissions: {}\n",
    ),
    Code(
        "W179",
        "`crypto` is denied",
        "No kernel takes arithmetic away from a process. Accepting the word would promise what "
        "nothing keeps.",
        "sandbox:\n  permissions: {deny: [crypto]}\npermissions: {}\n",
        "sandbox:\n  permissions: {deny: [run]}\npermissions: {}\n",
    ),
    Code(
        "W180",
        "a write rule that no mount can keep exactly",
        "A mount knows files and trees, not names. With `write_gap: refuse` the spec says that "
        "a writable mount wider than its rule is not acceptable.",
        "sandbox: {write_gap: refuse}\npermissions:\n  filesystem: {write: ['./out/*.md']}\n",
        "sandbox: {write_gap: refuse}\npermissions:\n  filesystem: {write: ['./out/**']}\n",
    ),
    Code(
        "W181",
        "a runtime path that is no directory",
        "Program trees are shown as they are, so each is one absolute path without wildcards.",
        "sandbox: {runtime_paths: ['./tools']}\npermissions: {}\n",
        "sandbox: {runtime_paths: ['/opt/tools']}\npermissions: {}\n",
    ),
    Code(
        "W182",
        "a rule that cannot be mounted",
        "A pattern that begins with a wildcard at the root of the host would mount the whole "
        "host. Decisions still follow the rule; sandboxed commands do not see the files.",
        "permissions:\n  filesystem: {read: ['/**/*.conf']}\n",
        "permissions:\n  filesystem: {read: ['/etc/tool/**/*.conf']}\n",
    ),
    Code(
        "W183",
        "a rule that mounts nothing",
        "No path was found that the rule allows and nothing else denies, so there is nothing to "
        "mount for it.",
        "permissions:\n  filesystem:\n    read: ['./.env']\n"
        "    metadata: {blocked_paths: ['.env']}\n",
        "permissions:\n  filesystem:\n    read: ['./env.sample']\n"
        "    metadata: {blocked_paths: ['.env']}\n",
    ),
    Code(
        "W184",
        "a container with a network",
        "The proxy that keeps network rules reaches into network namespaces of Wilk's own "
        "making; a container engine makes its own.",
        "sandbox:\n  isolation: {type: container, network: restricted}\npermissions:\n"
        "  network: {allowed_hosts: [api.example.com]}\n",
        "sandbox:\n  isolation: {type: container, network: none}\npermissions:\n"
        "  network: {allowed_hosts: [api.example.com]}\n",
    ),
    Code(
        "W185",
        "an isolation weaker than the organisation's",
        "What an organisation sets for all sandboxes is a floor for every agent.",
        "sandbox:\n  isolation: {type: process, network: none, filesystem: full, level: minimal}\n"
        "permissions: {}\n---\n"
        "security_policy: {global_settings: {sandbox: {default_isolation: namespace}}}\n",
        "permissions: {}\n---\n"
        "security_policy: {global_settings: {sandbox: {default_isolation: namespace}}}\n",
    ),
    Code(
        "W186",
        "a variable without a proper name",
        "An empty name, or one with `=` in it, would end up as another variable than the one "
        "written.",
        "permissions:\n  shell: {environment_variables: {set: {'A=B': c}}}\n",
        "permissions:\n  shell: {environment_variables: {set: {A: c}}}\n",
    ),
    Code(
        "W187",
        "a sandbox that does not go together with that of a base",
        "What a base says of its sandbox confines the specs that extend it, and of two values the "
        "stricter holds. Of two users, or of bytes and bytes per second, none is.",
        "agent: base\nsandbox: {run_as: nobody}\npermissions: {}\n---\n"
        "agent: a\nextends: [base]\nsandbox: {run_as: build}\npermissions: {}\n",
        "agent: base\nsandbox: {run_as: nobody}\npermissions: {}\n---\n"
        "agent: a\nextends: [base]\npermissions: {}\n",
    ),
    Code(
        "W188",
        "a rule for what is always hidden",
        "Keys, password files and Wilk's own state are hidden from sandboxed commands whatever "
        "the policy says. Decisions still follow the rule; nothing is mounted for it.",
        "permissions:\n  filesystem: {read: ['~/.aws/credentials']}\n",
        "permissions:\n  filesystem: {read: ['~/project/credentials.sample']}\n",
    ),
    Code(
        "W189",
        "root with all of the host in view",
        "A command that runs as root owns the host's files and may signal all of its processes, so "
        "that nothing but the view confines it.",
        "sandbox:\n  allow_root: true\n  isolation: {level: minimal, filesystem: full}\n"
        "permissions: {}\n",
        "sandbox:\n  isolation: {level: minimal, filesystem: full}\npermissions: {}\n",
    ),
)
