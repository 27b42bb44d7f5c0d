#!/bin/sh
# Looks for known vulnerabilities in what the code calls, and for secrets in all that was ever committed.
#
# Both tools come through the Go proxy, and govulncheck asks vuln.go.dev. What cannot be looked at because
# the network is not there is said loudly and does not fail: it says nothing about the code.
set -eu
go=${GO:-go}
bin=$(cd "$(dirname "$0")/.." && pwd)/bin
missed=0

left_out() {
  printf '\nsecure: NOT CHECKED: %s\n\n' "$*" >&2
  missed=1
}

# bounded keeps a network that swallows packets from holding up everything.
bounded() { if command -v timeout >/dev/null 2>&1; then timeout 120 "$@"; else "$@"; fi; }

# tool NAME MODULE@VERSION: finds or installs it, of exactly this version.
tool() {
  if [ -x "$bin/$1" ] && "$go" version -m "$bin/$1" | grep -q "	mod	${2%@*}	${2#*@}	"; then return; fi
  GOBIN=$bin bounded "$go" install "$3"
}

echo "== known vulnerabilities"
if tool govulncheck golang.org/x/vuln@v1.9.0 golang.org/x/vuln/cmd/govulncheck@v1.9.0; then
  status=0
  said=$(bounded "$bin/govulncheck" ./... 2>&1) || status=$?
  printf '%s\n' "$said"
  case $status in
  0) ;;
  3) exit 3 ;; # some were found
  124) left_out "known vulnerabilities: the database did not answer in time" ;;
  *)
    case $said in
    *"fetching vulnerabilities"*) left_out "known vulnerabilities: the database cannot be reached" ;;
    *) exit "$status" ;;
    esac
    ;;
  esac
else
  left_out "known vulnerabilities: govulncheck cannot be installed"
fi

echo "== secrets in what was committed"
if tool gitleaks github.com/zricethezav/gitleaks/v8@v8.30.1 github.com/zricethezav/gitleaks/v8@v8.30.1; then
  # In a repository only what is committed: a .env beside it holds secrets rightly.
  if git rev-parse --git-dir >/dev/null 2>&1; then where=git; else where=dir; fi
  "$bin/gitleaks" "$where" . --no-banner --no-color --redact --verbose
else
  left_out "secrets: gitleaks cannot be installed"
fi

if [ "$missed" = 1 ]; then
  echo "secure: something was NOT CHECKED, see above" >&2
else
  echo "secure: no known vulnerabilities, no secrets"
fi
