#!/usr/bin/env bash
# Builds the program twice, from two copies of the tree in folders of different names and depth,
# with an empty build cache each, and compares:  ./reproduce.sh
# The same source and the same Go give the same bytes, so that anybody can check a binary. The Go is that of
# go.mod's toolchain line; GOTOOLCHAIN=local takes the one that is installed.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")"
export GOTOOLCHAIN=${GOTOOLCHAIN:-auto}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

commit=$(git rev-parse HEAD) # the branch may move while this builds

build() { # folder
  mkdir -p "$work/$1"
  git archive "$commit" | tar -x -C "$work/$1"
  (cd "$work/$1" && GOCACHE="$work/cache-${1//\//-}" GOFLAGS=-mod=readonly CGO_ENABLED=0 \
    go build -trimpath -buildvcs=false -ldflags="-s -w -buildid=" -o "$work/$1.bin" .)
  sha256sum "$work/$1.bin" | cut -d' ' -f1
}
first=$(build one)
second=$(build another/place/deeper)
echo "$first"
[ "$first" = "$second" ] || { echo "the two builds differ: $second"; exit 1; }
if grep -qa "$work" "$work/one.bin"; then echo "the binary names the folder it was built in"; exit 1; fi
echo "twice the same ($(go version | cut -d' ' -f3), ${commit:0:7})"
