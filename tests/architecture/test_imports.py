"""The rooms and their one-way imports, read off the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wilkc"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Which rooms a room may import beside itself.
COMPILE_SIDE = {"core", "language", "syntax", "spec", "plan", "emit", "analyze", "render", "format"}
ROOMS = {
    "__init__": set(),
    "core": set(),
    "language": {"core"},
    "syntax": {"core", "language"},
    "spec": {"core", "language", "syntax"},
    "plan": {"core", "language", "syntax", "spec"},
    "format": {"core", "language", "syntax", "spec", "plan"},
    "render": {"core"},
    "emit": {"core", "language", "plan", "render"},
    "analyze": {"core", "language", "spec", "plan"},
    "importers": {"core", "language", "syntax"},
    "compiler": COMPILE_SIDE - {"format"},
    "bundle": {"core", "language"},
    "opa": {"core", "language", "bundle"},
    "identity": {"core", "language", "bundle"},
    "runtime": {"core", "language", "bundle", "opa", "identity"},
    "adapters": {"core", "language", "bundle", "opa", "identity", "runtime"},
    "cli": {
        *COMPILE_SIDE,
        "compiler",
        "bundle",
        "opa",
        "identity",
        "runtime",
        "adapters",
        "importers",
    },
}  # fmt: skip
# The one home of each third-party package, as path prefixes below the package.
HOMES = {
    "yaml": ["syntax/"],
    "pydantic": ["spec/"],
    "pydantic_core": ["spec/"],
    "jinja2": ["render/"],
    "markupsafe": ["render/"],
    "opa_client": ["opa/client.py"],
    "requests": ["opa/"],
    "urllib3": ["opa/"],
    "cryptography": ["bundle/keys.py", "runtime/keys/"],
    "click": ["cli/"],
    "jwt": ["identity/tokens/"],
    "starlette": ["adapters/authzen/app.py"],
    "uvicorn": ["adapters/authzen/server.py"],
    "idna": ["language/hosts/"],
    "redis": ["runtime/limits/redis.py", "identity/fleet.py"],
    "pkcs11": ["runtime/keys/provider/sessions.py"],
    "boto3": ["runtime/sinks/s3.py"],
    "botocore": ["runtime/sinks/s3.py"],
    "psycopg": ["runtime/sinks/postgres.py"],
    "pymongo": ["adapters/librechat/mongo.py"],
    "bson": ["adapters/librechat/mongo.py"],
    "subprocess": [
        "opa/process.py",
        "opa/obtain.py",
        "cli/git.py",
        "cli/upkeep_process.py",
        "opa/go.py",
        "runtime/sandbox/launching.py",
        "adapters/mcp/child.py",
    ],
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def _room(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_downwards(path: Path) -> None:
    allowed = {_room(path), "", *ROOMS[_room(path)]}
    for name in _imports(path):
        first, _, rest = name.partition(".")
        if first == "wilkc":
            room = rest.partition(".")[0]
            assert room in allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_third_party_package_has_one_home(path: Path) -> None:
    inside = str(path.relative_to(PACKAGE))
    for name in _imports(path):
        first = name.partition(".")[0]
        if first in HOMES:
            assert any(inside.startswith(home) for home in HOMES[first]), f"{inside}: {name}"
        else:
            known = first in sys.stdlib_module_names or first == "wilkc"
            assert known, f"{inside} imports {name}, which has no home"


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("import wilkc.cli.main", ["yaml", "jinja2", "pydantic", "opa_client", "cryptography"]),
        ("import wilkc.opa.transport", ["yaml", "jinja2", "pydantic", "click", "opa_client"]),
        ("import wilkc.runtime.guard", ["yaml", "jinja2", "pydantic", "click", "opa_client"]),
        ("import wilkc.adapters.authzen", ["yaml", "jinja2", "pydantic", "starlette", "uvicorn"]),
        ("import wilkc.adapters.hooks.client", ["click", "cryptography", "dataclasses", "logging"]),
        ("import wilkc.identity", ["yaml", "jinja2", "pydantic", "click", "jwt", "requests"]),
        ("import wilkc.adapters.mcp", ["yaml", "jinja2", "pydantic", "click", "mcp", "uvicorn"]),
        ("import wilkc.runtime.audit", ["yaml", "jinja2", "pydantic", "click", "opa_client"]),
        ("import wilkc.runtime.limits", ["yaml", "jinja2", "pydantic", "click", "redis"]),
        ("import wilkc.runtime.alerts", ["yaml", "jinja2", "pydantic", "click", "boto3"]),
        ("import wilkc.runtime.sinks", ["yaml", "pydantic", "click", "boto3", "psycopg"]),
    ],
)
def test_importing_stays_light(statement: str, refused: list[str]) -> None:
    program = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(refused)


WITHOUT_COMPILER = [
    "audit.export", "audit.init", "audit.query", "audit.tail", "audit.verify",
    "decide", "identity", "mcp", "run", "serve", "sign", "status", "verify",
]  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_COMPILER)
def test_commands_that_are_given_a_bundle_load_no_compiler(name: str) -> None:
    program = (
        "import atexit, sys\n"
        "from wilkc.cli.main import main\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        f"main([*{name.split('.')!r}, '--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert "wilkc.cli.main" in loaded
    assert loaded.isdisjoint({"pydantic", "yaml", "wilkc.compiler", "wilkc.plan"})


# What a hook without a service loads for every call, as `wilkc.cli.hooking.one_shot` does.
ONE_SHOT = (
    "import wilkc.adapters.hooks.client, wilkc.cli.hooking.one_shot, wilkc.adapters.hooks.judge\n"
    "import wilkc.cli.hooking.recording, wilkc.cli.rates"
)
TOO_SLOW = {
    "asyncio", "click", "concurrent", "http", "jinja2", "jwt", "logging", "multiprocessing",
    "opa_client", "pydantic", "requests", "urllib3", "yaml",
    "wilkc.compiler", "wilkc.runtime.audit.retention", "wilkc.runtime.audit.verification",
    "wilkc.runtime.guard.guard", "wilkc.runtime.sandbox.launching", "wilkc.spec",
}  # fmt: skip


def test_a_hook_without_a_service_loads_no_more_than_it_needs() -> None:
    program = f"{ONE_SHOT}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {"wilkc.adapters.hooks.judge", "wilkc.runtime.audit.logger"} <= loaded
    assert loaded.isdisjoint(TOO_SLOW)


LAZY = [
    path
    for path in MODULES
    if path.name == "__init__.py" and "attribute(__name__" in path.read_text()
]


@pytest.mark.parametrize("path", LAZY, ids=lambda path: str(path.parent.relative_to(PACKAGE)))
def test_no_name_that_is_loaded_late_is_a_module(path: Path) -> None:
    """The import system would put the module in the place of the name."""
    names = {
        str(name)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        for name in ast.literal_eval(node.value)
    }
    assert names
    assert names.isdisjoint(one.stem for one in path.parent.iterdir())


def test_locks_between_processes_are_taken_in_one_place() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if re.search(r"fcntl\.(flock|lockf|F_SETLK)", path.read_text(encoding="utf-8"))
    }
    assert found == {"core/locks.py"}
