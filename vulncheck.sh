#!/usr/bin/env bash
# Looks for known vulnerabilities in what the program calls:  ./vulncheck.sh [file:///folder]
# The database is the folder given, or vuln.go.dev; where that cannot be reached, it is made of the
# module golang.org/x/vulndb, which every Go module proxy has (git is needed). What is checked is what
# is built with the Go of go.mod's toolchain line. Findings end with status 1; with status 3 nothing
# was checked.
set -uo pipefail
cd "$(dirname "$0")"
export GOTOOLCHAIN=${GOTOOLCHAIN:-auto} GOFLAGS=-mod=readonly
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make_database writes the database into $work/db.
make_database() {
  local module
  module=$(cd "$work" && go mod download -json golang.org/x/vulndb@latest) || return
  version=$(sed -n 's/.*"Version": "\(.*\)",/\1/p' <<<"$module")
  mkdir -p "$work/repo/data"
  cp -r "$(sed -n 's/.*"Dir": "\(.*\)",/\1/p' <<<"$module")/data/osv" "$work/repo/data/" && chmod -R u+w "$work/repo" || return
  # Its own program reads a repository, so it gets one of one commit.
  git -C "$work/repo" init -q && git -C "$work/repo" add -A &&
    git -C "$work/repo" -c user.name=vulncheck -c user.email=vulncheck@localhost commit -qm "$version" &&
    (cd "$work" && GOFLAGS= go run "golang.org/x/vulndb/cmd/gendb@$version" -repo repo -out db >/dev/null 2>&1)
}

scan() { go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 "$@" ./... 2>&1; }

database=${1:-}
if [ -n "$database" ]; then
  out=$(scan -db "$database")
  code=$?
else
  out=$(scan)
  code=$?
  if [ $code -ne 0 ] && grep -qE "vuln.go.dev|fetching vulnerabilities" <<<"$out"; then
    echo "vuln.go.dev cannot be reached; making the database of golang.org/x/vulndb"
    make_database || { echo "The vulnerability database cannot be had: nothing was checked."; exit 3; }
    echo "database: $version"
    out=$(scan -db "file://$work/db")
    code=$?
  fi
fi
echo "$out"
go version
[ $code -eq 0 ] || exit 1
