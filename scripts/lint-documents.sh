#!/bin/sh
# Lints what no Go tool understands, with the pinned npm packages that $LINTERS names: the OpenAPI documents
# by the rules of redocly.yaml, and the Grafana dashboard by Grafana's own types.
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
  say "there is no npm: the OpenAPI documents and the Grafana dashboard are NOT linted"
  exit 0
fi

cd "$(dirname "$0")/.."
home=bin/linters
# The stamp tells which versions are installed.
if [ "$(cat $home/versions 2>/dev/null)" != "$LINTERS" ]; then
  rm -rf $home && mkdir -p $home
  # shellcheck disable=SC2086 # The packages are words.
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix $home $LINTERS
  printf '%s\n' "$LINTERS" >$home/versions
fi
tools=$home/node_modules/.bin

REDOCLY_SUPPRESS_UPDATE_NOTICE=true $tools/redocly lint --format=stylish

cp deploy/grafana/schema.ts $home/
{
  echo "import type {Board} from './schema';"
  echo "export const board: Board ="
  cat deploy/grafana/omniflow.json
} >$home/dashboard.ts
$tools/tsc --noEmit --strict --skipLibCheck --moduleResolution bundler --module esnext --target es2022 $home/dashboard.ts
