"""What is valid and still worth a second look, W200-W239. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

_REMOVED: Final = "`--fix` takes the entry out: the spec means the same without it."
_AUTHOR: Final = "None: only the author knows"

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W200",
        "an allowed entry is blocked as a whole",
        "A block beats every allow, so the entry grants nothing. Either it is left over, or the "
        "block takes more than was meant.",
        "permissions:\n  filesystem:\n    read: [./src/**, ./src/private/**]\n"
        "    metadata: {blocked_paths: ['**/private/**']}\n",
        "permissions:\n  filesystem:\n    read: [./src/**]\n"
        "    metadata: {blocked_paths: ['**/private/**']}\n",
        _REMOVED,
    ),
    Code(
        "W201",
        "an entry adds nothing to the others of its list",
        "What it takes, the others take already. Whoever removes it later believes to have "
        "taken something away, and has not.",
        "permissions:\n  filesystem: {read: [./docs/**, ./docs/guide/*.md]}\n",
        "permissions:\n  filesystem: {read: [./docs/**]}\n",
        _REMOVED,
    ),
    Code(
        "W202",
        "an entry stands in its list twice",
        "Whoever removes one of the two believes to have taken something away, and has not.",
        "permissions:\n  shell: {allowed_commands: [git status, git diff, git  status]}\n",
        "permissions:\n  shell: {allowed_commands: [git status, git diff]}\n",
        _REMOVED,
    ),
    Code(
        "W203",
        "files that hold secrets may be read",
        "What an agent reads goes to its model, its logs and whoever steers it. Keys, tokens and "
        "`.env` files are what attackers ask for first.",
        "permissions:\n  filesystem: {read: [./**]}\n",
        "permissions:\n  filesystem:\n    read: [./**]\n    metadata:\n      blocked_paths:\n"
        "        - '**/.env*'\n        - '**/.git/**'\n"
        "        - '**/*.{pem,key,ppk,p12,pfx,jks,keystore,kdbx}'\n"
        "        - '**/id_{rsa,dsa,ecdsa,ed25519}'\n"
        "        - '**/.{npmrc,pypirc,netrc,git-credentials,htpasswd}'\n"
        "        - '**/*.{tfstate,tfstate.backup}'\n",
        f"{_AUTHOR} which of these files the agent needs.",
    ),
    Code(
        "W204",
        "a block list stands where an allow list is meant",
        "Every sub-command is allowed that nobody thought of blocking, and programs grow new "
        "ones. A list of what may run stays right.",
        "permissions:\n  shell:\n    allowed_commands: ['git *']\n"
        "    blocked_commands: ['git push *']\n",
        "permissions:\n  shell: {allowed_commands: [git status, 'git log *', 'git diff *']}\n",
        f"{_AUTHOR} which sub-commands the agent needs.",
    ),
    Code(
        "W205",
        "a wildcard takes names of everybody",
        "Anybody can register a name under a public suffix, so the entry lets data out to "
        "whoever wants it. The list of suffixes is a short one, drawn from the Public Suffix "
        "List (publicsuffix.org): what is not on it may be public all the same.",
        "permissions:\n  network: {allowed_hosts: ['*.github.io']}\n",
        "permissions:\n  network: {allowed_hosts: [wilk.github.io]}\n",
        f"{_AUTHOR} which names are meant.",
    ),
    Code(
        "W206",
        "a wildcard does not take the name itself",
        "`*.example.com` takes every name below `example.com` and not `example.com`, which is "
        "named elsewhere: it may have been forgotten here.",
        "agent: a\npermissions: {network: {allowed_hosts: ['*.example.com']}}\n---\n"
        "agent: b\npermissions: {network: {allowed_hosts: [example.com]}}\n",
        "agent: a\npermissions: {network: {allowed_hosts: ['*.example.com', example.com]}}\n---\n"
        "agent: b\npermissions: {network: {allowed_hosts: [example.com]}}\n",
        "None: it would allow more than before.",
    ),
    Code(
        "W207",
        "an allowed range holds private addresses",
        "Services in private networks often trust whoever reaches them. An entry of addresses is "
        "the only kind that opens them, so it should name single ones.",
        "permissions:\n  network: {allowed_hosts: [10.0.0.0/8]}\n",
        "permissions:\n  network: {allowed_hosts: [10.1.2.3]}\n",
        f"{_AUTHOR} which addresses are meant.",
    ),
    Code(
        "W208",
        "a protocol without encryption is allowed",
        "Everybody on the way reads and changes what is sent. Where the encrypted protocol is "
        "allowed as well, the other is hardly needed.",
        "permissions:\n  network: {allowed_hosts: [api.example.com], protocols: [http, https]}\n",
        "permissions:\n  network: {allowed_hosts: [api.example.com], protocols: [https]}\n",
        "None: requests that work today would be denied.",
    ),
    Code(
        "W209",
        "an interpreter is listed, and no script may run",
        "An interpreter runs only scripts that `filesystem.execute` allows, which grants none. "
        "The list gives the impression of a permission that is not there.",
        "permissions:\n  shell:\n    allowed_commands: ['python3 tools/*']\n"
        "    allowed_interpreters: [python3]\n",
        "permissions:\n  filesystem: {execute: [./tools/*.py]}\n  shell:\n"
        "    allowed_commands: ['python3 tools/*']\n    allowed_interpreters: [python3]\n",
        f"{_AUTHOR} whether scripts are meant to run.",
    ),
    Code(
        "W210",
        "files that others run may be written",
        "Workflows, hooks and build files are run by people and machines that may do more than "
        "the agent: whoever writes them borrows their rights.",
        "permissions:\n  filesystem: {write: [./**]}\n",
        "permissions:\n  filesystem: {write: [./src/**]}\n",
        f"{_AUTHOR} which files the agent is to change.",
    ),
    Code(
        "W211",
        "a limit is missing",
        "An agent in a loop, or one that was talked into it, uses as much as there is. What is "
        "not counted costs without bound.",
        "permissions:\n  llm: {allowed_models: [gpt-4]}\n",
        "permissions:\n  llm:\n    allowed_models: [gpt-4]\n    max_tokens_per_request: 4096\n"
        "    max_requests_per_hour: 100\n",
        f"{_AUTHOR} how much is enough.",
    ),
    Code(
        "W212",
        "a sandbox is weaker than the organisation's default",
        "The organisation's policy sets a sandbox for everybody, and its default is the strictest "
        "one. This spec asks for less, which should have a reason that others can read.",
        "security_policy: {global_settings: {sandbox: {default_isolation: namespace}}}\n---\n"
        "permissions: {}\nsandbox: {isolation: {level: moderate}}\n",
        "security_policy: {global_settings: {sandbox: {default_isolation: namespace}}}\n---\n"
        "permissions: {}\nsandbox: {isolation: {level: strict}}\n",
        f"{_AUTHOR} whether the agent works in the strict sandbox.",
    ),
    Code(
        "W213",
        "a file's name decides whose permissions these are",
        "Without `agent` or `agents` the spec belongs to the agent that is called like the file. "
        "Who renames or copies the file gives the permissions to another agent.",
        "permissions:\n  filesystem: {read: [./docs/**/*.md]}\n",
        "agent: reader\npermissions:\n  filesystem: {read: [./docs/**/*.md]}\n",
        "`--fix` writes `agent:` with the name that holds today: the spec means the same.",
    ),
    Code(
        "W214",
        "an extended spec adds nothing",
        "Everything that the base says stands here already, so what is changed there will have "
        "less effect than its author believes.",
        "agent: base\npermissions: {filesystem: {read: [./docs/*.md]}}\n---\n"
        "agent: a\nextends: [base]\npermissions: {filesystem: {read: [./docs/*.md]}}\n",
        "agent: base\npermissions: {filesystem: {read: [./docs/*.md]}}\n---\n"
        "agent: a\nextends: [base]\npermissions: {filesystem: {read: [./src/*.py]}}\n",
        "None: either side may be the one to go, and blocks that the base gets later would be "
        "lost.",
    ),
    Code(
        "W215",
        "data that is not public may be stored without encryption",
        "`store` and `export` demand encryption only where `encryption_required` is set.",
        "permissions:\n  data: {data_classification: [internal]}\n",
        "permissions:\n  data: {data_classification: [internal], encryption_required: true}\n",
        "None: requests that work today would be denied.",
    ),
    Code(
        "W216",
        "a file may be both written and executed",
        "What may be written and then run can do everything that any program can: the list of "
        "executable files is no limit any more.",
        "permissions:\n  filesystem: {write: [./out/**], execute: [./out/run.sh]}\n",
        "permissions:\n  filesystem: {write: [./out/**], execute: [./scripts/run.sh]}\n",
        f"{_AUTHOR} which of the two is meant.",
    ),
    Code(
        "W217",
        "an entry under a condition adds nothing to others of its list",
        "Another entry takes the same whenever the condition holds, so the condition limits "
        "nothing: whoever reads it will believe that it does.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - ./docs/**\n"
        "      - {path: ./docs/a.md, when: {context.environment: [dev]}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./docs/a.md, when: {context.environment: [dev]}}\n",
        f"{_AUTHOR} which of the two is meant.",
    ),
    Code(
        "W218",
        "a test of a condition holds of every value",
        "Such a test demands no more than that there is a value, which `present` says plainly.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./docs/**, when: {context.ip: {cidr: ['0.0.0.0/0', '::/0']}}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./docs/**, when: {context.ip: {cidr: ['10.0.0.0/8']}}}\n",
        f"{_AUTHOR} what was to be tested.",
    ),
    Code(
        "W219",
        "a test of a condition never holds",
        "Sizes, numbers of tokens, truth values and labels have one type, and a request that sends "
        "another is refused. A test of another type is never shown to hold: an allow under it "
        "grants nothing, and a block under it blocks as if it were not tested.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: './out/**', when: {resource.size: ['1MB']}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: './out/**', when: {resource.size: {max: 1MB}}}\n",
        f"{_AUTHOR} what was to be tested.",
    ),
    Code(
        "W220",
        "an allowed command is always denied",
        "A shell that is given its commands as text, `eval`, `ssh`, `env A=b` and the like run "
        "what nobody can judge beforehand, so they are denied whatever the list says.",
        "permissions:\n  shell: {allowed_commands: ['sh -c *', 'ssh *', 'npm test']}\n",
        "permissions:\n  shell: {allowed_commands: ['npm test']}\n",
        f"{_AUTHOR} which commands were to be run.",
    ),
    Code(
        "W221",
        "git may be run without the settings that Wilk gives it",
        "Wilk sets variables by which git runs no hooks and no file watcher of a repository. `env "
        "-i` takes them away, and `env *` takes up `-i`. The sandbox still contains what git runs.",
        "permissions:\n  shell: {allowed_commands: ['env *', 'git status']}\n",
        "permissions:\n  shell: {allowed_commands: ['env -u LANG git *', 'git status']}\n",
        f"{_AUTHOR} what `env` is to run.",
    ),
    Code(
        "W222",
        "a star stands for the program that is run",
        "What `npx`, `uvx`, `npm exec`, `uv run` and their like run has to be spelled, also where "
        "it may be an option's value instead. Under such an entry no program is run at all.",
        "permissions:\n  shell: {allowed_commands: ['uvx --python 3.12 *']}\n",
        "permissions:\n  shell: {allowed_commands: ['uvx --python 3.12 ruff *']}\n",
        f"{_AUTHOR} which programs were to be run.",
    ),
    Code(
        "W237",
        "a baseline records what no longer occurs",
        "The finding was mended. An entry that stays would hide the same finding when it comes "
        "back.",
        '{"code": "W203", "file": "a.yaml", "about": "filesystem.read ./**", "count": 1}\n',
        '{"wilk_baseline": 1, "findings": []}\n',
        "None here: `--write-baseline` writes the file anew.",
    ),
    Code(
        "W238",
        "a comment to ignore a finding cannot be read",
        "A comment `# wilk: ignore W203: REASON` names codes of lint and says why. Errors cannot "
        "be ignored, and who reads the spec later needs the reason.",
        "permissions:\n  filesystem: {read: [./**]} # wilk: ignore W203\n",
        "permissions:\n  filesystem: {read: [./**]} # wilk: ignore W203: the folder holds no "
        "secrets\n",
        f"{_AUTHOR} the reason.",
    ),
    Code(
        "W239",
        "a comment ignores a finding that is not there",
        "It would hide the finding when it comes, and nobody would look at it again.",
        "permissions:\n  filesystem: {read: [./docs/*.md]} # wilk: ignore W203: only public text\n",
        "permissions:\n  filesystem: {read: [./docs/*.md]}\n",
        "None: a comment belongs to its author.",
    ),
)
