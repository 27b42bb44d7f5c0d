#!/bin/sh
# Lints the OpenAPI documents with the version of Redocly that $REDOCLY names; redocly.yaml has the rules.
#
# It needs Node.js 20.19 or newer with npm. With OMNIFLOW_TEST_TOOLS=require, as in CI, they must be there;
# without it the documents are left unlinted where they are not.
set -eu

say() { printf 'lint: %s\n' "$*" >&2; }

if ! command -v npm >/dev/null 2>&1; then
  if [ "${OMNIFLOW_TEST_TOOLS:-}" = require ]; then
    say "npm is missing: install Node.js 20.19 or newer"
    exit 1
  fi
  say "there is no npm: the OpenAPI documents are NOT linted"
  exit 0
fi

cd "$(dirname "$0")/.."
home=bin/redocly-$REDOCLY
[ -x "$home/node_modules/.bin/redocly" ] ||
  npm install --silent --no-audit --no-fund --ignore-scripts --no-save --prefix "$home" "@redocly/cli@$REDOCLY"
REDOCLY_SUPPRESS_UPDATE_NOTICE=true "$home/node_modules/.bin/redocly" lint --format=stylish
