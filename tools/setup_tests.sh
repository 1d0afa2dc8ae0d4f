#!/usr/bin/env bash
# Obtains the programs that only tests need; tests go on without those that cannot be had, and
# skip what needs them. A second run finds everything in place.
set -euo pipefail
cd "$(dirname "$0")/.."

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

for_tests chromium chromium "the review page"
for_tests redis-server redis-server "rate limits of a fleet"
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null ||
  for_tests initdb postgresql "shipping to PostgreSQL"
for_tests softhsm2-util softhsm2 "keys in a PKCS #11 token"

.venv/bin/python tools/build_test_servers.py || true
