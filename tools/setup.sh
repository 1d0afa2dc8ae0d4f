#!/usr/bin/env bash
# Makes a clone ready: a virtual environment in .venv, OPA, and bubblewrap.
# A second run finds everything in place and takes well under a second.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(bubblewrap python3-venv git)
stamp=.venv/.wilk-setup

fail() { echo "set-up: $1" >&2; exit 1; }

python=$(command -v python3) || fail "there is no python3; install Python 3.11 or later"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$python" --version) is too old; Python 3.11 or later is needed"

missing=()
[ -x /usr/bin/bwrap ] || missing+=(bubblewrap)
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "  installing ${missing[*]}"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq "${missing[@]}" >/dev/null ||
      fail "apt-get could not install: ${missing[*]}"
  else
    fail "these packages are needed first:  sudo apt-get install ${packages[*]}"
  fi
fi

wanted=$(cat requirements/dev.txt pyproject.toml tools/setup.sh | sha256sum | cut -d' ' -f1)
if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted $PWD" ]; then
  echo "  creating .venv (half a minute)"
  rm -f "$stamp"
  [ -x .venv/bin/python ] && [ "$(cat .venv/.wilk-place 2>/dev/null)" = "$PWD" ] || {
    rm -rf .venv
    "$python" -m venv .venv
    echo "$PWD" > .venv/.wilk-place
  }
  pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check --no-input)
  "${pip[@]}" install --require-hashes -r requirements/dev.txt
  "${pip[@]}" install --no-deps --no-build-isolation --editable .
  echo "$wanted $PWD" > "$stamp"
fi

.venv/bin/python -m wilkc.opa.build_opa > .venv/.wilk-opa || fail "OPA is needed, see above"
