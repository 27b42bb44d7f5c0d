#!/bin/sh
# Finds or installs what `make test` needs, and says clearly what is missing when it cannot.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }

if ! command -v "${GO:-go}" >/dev/null 2>&1; then
  say "Go is missing: install the version named in go.mod from https://go.dev/dl/"
  exit 1
fi

if command -v redis-server >/dev/null 2>&1; then
  exit 0
fi

say "redis-server is missing, trying the system's package manager"
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else
    say "not root and no sudo: install redis-server by hand, then run make test again"
    exit 1
  fi
}
if command -v apt-get >/dev/null 2>&1; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server
elif command -v brew >/dev/null 2>&1; then
  brew install redis
elif command -v dnf >/dev/null 2>&1; then
  as_root dnf install -y redis
elif command -v apk >/dev/null 2>&1; then
  as_root apk add redis
fi >&2

if ! command -v redis-server >/dev/null 2>&1; then
  say "could not install redis-server (6.2 or newer): install it by hand, then run make test again"
  exit 1
fi
