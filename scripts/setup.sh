#!/bin/sh
# Finds or installs what `make test` needs, and says clearly what is missing when it cannot.
#
# redis-server is always needed. With OMNIFLOW_TEST_TOOLS=require, as in CI, so are promtool, haproxy and
# Chromium; without it the tests that use them are left out where they are not there, and nothing is
# installed.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }

if ! command -v "${GO:-go}" >/dev/null 2>&1; then
  say "Go is missing: install the version named in go.mod from https://go.dev/dl/"
  exit 1
fi

PATH=$PATH:/usr/sbin:/usr/local/sbin

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else
    say "not root and no sudo: install it by hand, then run make test again"
    exit 1
  fi
}

# need PROGRAM APT BREW DNF APK: the program, and the package that holds it in each package manager.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  say "$1 is missing, trying the system's package manager"
  if command -v apt-get >/dev/null 2>&1; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"
  elif command -v brew >/dev/null 2>&1; then
    brew install "$3"
  elif command -v dnf >/dev/null 2>&1; then
    as_root dnf install -y "$4"
  elif command -v apk >/dev/null 2>&1; then
    as_root apk add "$5"
  fi >&2
  if ! command -v "$1" >/dev/null 2>&1; then
    say "could not install $1: install it by hand, then run make test again"
    exit 1
  fi
}

# browser: one that the tests of the dashboard can use.
browser() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && return
  done
  return 1
}

need redis-server redis-server redis redis redis # 6.2 or newer
if [ "${OMNIFLOW_TEST_TOOLS:-}" = require ]; then
  need promtool prometheus prometheus prometheus2 prometheus
  need haproxy haproxy haproxy haproxy haproxy # 2.6 or newer
  browser || need chromium chromium chromium chromium chromium
elif ! browser; then
  say "there is no Chromium: the dashboard is NOT tested in a browser (OMNIFLOW_TEST_TOOLS=require installs it)"
fi
