"""What programs that run another by name may not take up by a wildcard: that name."""

from __future__ import annotations

from typing import Final

from tests.decisions.guards_of_git import GUARDED

UNDER_RUNNERS: Final[dict[str, list[tuple[str, str]]]] = {
    # What may be an option's value may be the program as well, and then a star takes the program
    # that is run: both readings of the words have to be spelled.
    "npx -p typescript *": [("npx -p typescript evil", GUARDED), ("npx -p typescript", "allowed")],
    "npx -p typescript tsc *": [
        ("npx -p typescript tsc", "allowed"),
        ("npx -p typescript tsc x", "allowed"),
        ("npx -p typescript evil", "no_rule_matches"),
    ],
    "npx --package=typescript *": [("npx --package=typescript evil", GUARDED)],
    "npx --package=typescript tsc *": [("npx --package=typescript tsc x", "allowed")],
    "npx --yes *": [("npx --yes evil", GUARDED), ("npx --yes true evil", GUARDED)],
    "npx --yes eslint *": [("npx --yes eslint x", "allowed"), ("npx --yes eslint", "allowed")],
    # A word that a switch takes for its value is no program.
    "npx --yes true *": [("npx --yes true evil", GUARDED)],
    "npx -a * -b eslint *": [
        ("npx -a -x=1 -b eslint", "allowed"),
        ("npx -a evil -b eslint", GUARDED),
        ("npx -a -- -b eslint", GUARDED),
        ("npx -a -x=1 -b eslint evil", GUARDED),
    ],
    "npx -- *": [("npx -- evil", GUARDED), ("npx --", "allowed")],
    "npx -p -- *": [("npx -p -- evil", GUARDED)],
    "npx -- eslint *": [("npx -- eslint x", "allowed"), ("npx -- eslint", "allowed")],
    "bunx -- *": [("bunx -- evil", GUARDED)],
    "bunx --bun vite *": [("bunx --bun vite x", "allowed")],
    "pnpx *": [("pnpx --version", "allowed"), ("pnpx evil", GUARDED)],
    "uvx --python 3.12 *": [
        ("uvx --python 3.12 evil", GUARDED),
        ("uvx --python 3.12 -- evil", GUARDED),
    ],
    "uvx --python 3.12 ruff *": [
        ("uvx --python 3.12 ruff check .", "allowed"),
        ("uvx --python 3.12 evil", "no_rule_matches"),
    ],
    "uvx -- *": [("uvx -- evil", GUARDED), ("uvx -- -q evil", GUARDED)],
    "uvx -q -- ruff *": [("uvx -q -- ruff check", "allowed")],
    "npm exec -- *": [("npm exec -- evil", GUARDED), ("npm exec -y -- evil", "no_rule_matches")],
    "npm exec *": [("npm exec evil", GUARDED), ("npm exec --help", "allowed")],
    "npm exec -- eslint *": [("npm exec -- eslint x", "allowed")],
    "npm --loglevel exec exec eslint *": [("npm --loglevel exec exec eslint x", "allowed")],
    "npm --loglevel exec exec *": [("npm --loglevel exec exec evil", GUARDED)],
    "npm create *": [("npm create evil", GUARDED)],
    "npm create vite *": [("npm create vite x", "allowed")],
    "npm explore x -- *": [("npm explore x -- evil", GUARDED)],
    "pnpm dlx *": [("pnpm dlx evil", GUARDED)],
    "yarn dlx eslint *": [("yarn dlx eslint x", "allowed")],
    # In another package of the same workspace, whose name stands before the sub-command.
    "yarn *": [
        ("yarn workspace web exec evil", GUARDED),
        ("yarn workspace web dlx evil", GUARDED),
        ("yarn workspaces foreach -A exec evil", GUARDED),
        ("yarn workspace web test", "allowed"),
    ],
    "yarn workspace web exec eslint *": [("yarn workspace web exec eslint x", "allowed")],
    "uv run *": [("uv run evil", GUARDED), ("uv run --with x evil", GUARDED)],
    "uv run --with x *": [("uv run --with x evil", GUARDED)],
    "uv run -m pytest *": [("uv run -m pytest x", "allowed")],
    "uv run -- pytest *": [("uv run -- pytest x", "allowed")],
    "uv --directory run run *": [("uv --directory run run evil", GUARDED)],
    "uv tool run *": [("uv tool run evil", GUARDED)],
    "uv tool run ruff *": [("uv tool run ruff check", "allowed")],
    "poetry run *": [("poetry run evil", GUARDED)],
    "poetry run pytest *": [("poetry run pytest x", "allowed")],
    "bundle exec *": [("bundle exec evil", GUARDED)],
    "bundle exec rake *": [("bundle exec rake spec", "allowed")],
}  # fmt: skip
