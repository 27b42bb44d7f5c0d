#!/bin/sh
# Finds or installs what `make test` needs, and says clearly what is missing when it cannot.
# With OMNIFLOW_REQUIRE_CHROMIUM=1 that includes the browser of the dashboard's tests.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }

has() { command -v "$1" >/dev/null 2>&1; }

has_chromium() { has chromium || has chromium-browser || has google-chrome; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif has sudo; then sudo "$@"; else
    say "not root and no sudo: install what is missing by hand, then run make test again"
    exit 1
  fi
}

install() {
  say "$1 is missing, trying the system's package manager"
  if has apt-get; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
  elif has brew; then
    case $1 in redis-server) brew install redis ;; *) brew install --cask "$1" ;; esac
  elif has dnf; then
    as_root dnf install -y "${1%-server}"
  elif has apk; then
    as_root apk add "${1%-server}"
  fi >&2
}

if ! has "${GO:-go}"; then
  say "Go is missing: install the version named in go.mod from https://go.dev/dl/"
  exit 1
fi

has redis-server || install redis-server
if ! has redis-server; then
  say "could not install redis-server (6.2 or newer): install it by hand, then run make test again"
  exit 1
fi

has_chromium && exit 0
if [ -z "${OMNIFLOW_REQUIRE_CHROMIUM:-}" ]; then
  say "there is no Chromium: the dashboard is NOT tested in a browser (OMNIFLOW_REQUIRE_CHROMIUM=1 installs it)"
  exit 0
fi
install chromium
if ! has_chromium; then
  say "could not install chromium: install it by hand, then run make test again"
  exit 1
fi
