"""Files that deserve a second look, as languages. Layer: analyze.

What a rule covers is decided by the automata, not by the looks of the rule or the example:
`**/*.pem` covers keys although `./.pem` is none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import BLOCK, Literal
from wilkc.language.automata import path_language
from wilkc.language.paths import GLOBSTAR, PathPattern, parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.language.automata import Language

CACHED: Final = 64
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "environment files": (
        ".env", ".env.{local,dev,development,test,staging,prod,production}", ".envrc",
    ),
    "key files": (
        "*.{pem,key,p12,pfx,jks,keystore,kdbx,ppk}", "id_{rsa,dsa,ecdsa,ed25519}",
        "**/.ssh/{authorized_keys,config}", "secring.gpg",
    ),
    "login files": (
        ".{netrc,npmrc,pypirc,git-credentials,htpasswd,pgpass,vault-token}", "**/.git/config",
        "~/.docker/config.json", "/etc/{shadow,gshadow}",
    ),
    "cloud credentials": (
        "**/.aws/{credentials,config}", "**/.kube/config", "~/.azure/*",
        "~/.config/gcloud/*", "*.tfstate",
    ),
}  # fmt: skip
"""What a secret is called, to patterns that find it at any depth, as a block would."""
BUILDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CI files": (
        "**/.github/workflows/*.{yml,yaml}", "**/.github/actions/*/action.{yml,yaml}",
        ".gitlab-ci.yml", "Jenkinsfile", "**/.circleci/config.yml", "azure-pipelines.yml",
        ".travis.yml",
    ),
    "build files": (
        "{Makefile,GNUmakefile,makefile,Dockerfile,CMakeLists.txt,Rakefile,Gemfile}",
        "{package,package-lock,tsconfig,deno}.json", "{setup,conftest,noxfile}.py",
        "{pyproject,Cargo}.toml", "{setup,tox}.cfg", "{build.gradle,pom.xml,build.rs,go.mod}",
        "requirements.txt",
    ),
    "hooks": (
        "**/.git/hooks/pre-commit", "**/.husky/pre-commit", ".pre-commit-config.yaml",
        "lefthook.yml",
    ),
    "start-up files": (
        ".{bashrc,bash_profile,profile,zshrc,zprofile}", "~/.config/autostart/*",
    ),
    "editor and agent settings": ("**/.vscode/{settings,tasks}.json", ".mcp.json"),
}  # fmt: skip
"""Files that somebody else runs, likewise."""


@lru_cache(maxsize=CACHED)
def languages_of(
    table: str, extensions: frozenset[str] | None = None
) -> tuple[tuple[str, Language], ...]:
    """The files of a table as languages, each with what they are called.

    Args:
        table: `secrets` or `builds`.
        extensions: where given, only languages in which a file ends in one of these.
    """
    kinds = SECRETS if table == "secrets" else BUILDS
    patterns = (
        (kind, _itself(pattern))
        for kind, texts in kinds.items()
        for text in texts
        for pattern in parse_path_rule(text, BLOCK)
    )
    return tuple(
        (kind, path_language(pattern))
        for kind, pattern in patterns
        if extensions is None or _may_end(pattern, extensions)
    )


def _itself(pattern: PathPattern) -> PathPattern:
    """A block's pattern without what lies below."""
    return PathPattern(pattern.root, pattern.parts[:-1])


def _may_end(pattern: PathPattern, extensions: frozenset[str]) -> bool:
    """Whether a file of the pattern may have one of the extensions."""
    last = pattern.parts[-1]
    if last is GLOBSTAR or not isinstance(end := last[-1], Literal) or "." not in end.text:
        return True
    stem, _, suffix = end.text.rpartition(".")
    return bool(stem or len(last) > 1) and suffix.lower() in extensions
