#!/usr/bin/env bash
# Makes a clone ready: a virtual environment in .venv, OPA, and bubblewrap.
# A second run finds everything in place and takes well under a second.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(bubblewrap python3-venv git)
stamp=.venv/.wilk-setup

fail() { echo "set-up: $1" >&2; exit 1; }

# Only some tests need these programs, so set-up goes on without them.
for_tests() {
  local program=$1 package=$2 what=$3
  if command -v "$program" >/dev/null; then
    return
  fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "  installing $package, for the tests of $what"
    # RUNLEVEL=1: the tests start servers of their own, the package starts none.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null 2>&1 ||
      echo "  $package could not be installed: the tests of $what will be skipped"
  else
    echo "  without $package the tests of $what are skipped:  sudo apt-get install $package"
  fi
}

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
  for_tests chromium chromium "the review page"
  for_tests redis-server redis-server "rate limits of a fleet"
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null ||
    for_tests initdb postgresql "shipping to PostgreSQL"
  for_tests softhsm2-util softhsm2 "keys in a PKCS #11 token"
  echo "$wanted $PWD" > "$stamp"
fi

.venv/bin/python -m wilkc.opa.build_opa > .venv/.wilk-opa || fail "OPA is needed, see above"
.venv/bin/python tools/build_s3_server.py > .venv/.wilk-s3 ||
  echo "  without it the tests of shipping to S3 are skipped"
