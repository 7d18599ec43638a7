#!/usr/bin/env bash
# Runs every test, with all that is needed for it:  ./test.sh [-short] [packages…]
# Installs mariadb-server, redis-server, libjpeg-turbo-progs, nginx, prometheus, chromium and npm from Debian where missing, starts private
# instances in a temporary folder on free ports, and stops them by pid whatever happens.
# -short leaves out the browser, reading pictures and the slow parts.
set -euo pipefail
cd "$(dirname "$0")"

short=
packages=()
for arg in "$@"; do
  case $arg in
    -short) short=1 ;;
    *) packages+=("$arg") ;;
  esac
done
[ ${#packages[@]} -gt 0 ] || packages=(./...)

say() { printf '\n== %s\n' "$*"; }

command -v go >/dev/null || { echo "Go is missing: install Go 1.26 or newer (https://go.dev/dl/)."; exit 1; }

# --- what must be on the machine -----------------------------------------------------------
declare -A packageOf=([mariadbd]=mariadb-server [redis-server]=redis-server [djpeg]=libjpeg-turbo-progs [nginx]=nginx-light [promtool]=prometheus)
[ -n "$short" ] || { packageOf[chromium]=chromium; packageOf[npm]=npm; }
missing=()
for tool in "${!packageOf[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$tool" >/dev/null || missing+=("${packageOf[$tool]}")
done
if [ -z "$short" ] && ! fc-list :lang=zh 2>/dev/null | grep -q .; then missing+=(fonts-noto-cjk fontconfig); fi
command -v gcc >/dev/null || missing+=(gcc libc6-dev) # the race detector is written in C
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo=$(command -v sudo) || { echo "Missing: ${missing[*]}. Not root and no sudo here: please install them and run this again."; exit 1; }
  fi
  command -v apt-get >/dev/null || { echo "Missing: ${missing[*]}. This is no Debian: please install them and run this again."; exit 1; }
  $sudo apt-get update -qq || true
  # Services must not start by themselves: the tests start private ones.
  $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    { echo "Could not install: ${missing[*]}. Please install them by hand and run this again."; exit 1; }
fi
export PATH="$PATH:/usr/sbin"

# --- private servers ------------------------------------------------------------------------
work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

freePort() { # a port nobody listens on
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 12000)) # below the range that outgoing connections take theirs from
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  echo "no free port found" >&2; exit 1
}
awaitPort() { # port, name, log
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  echo "$2 did not start:"; tail -20 "$3"; exit 1
}

say "starting MariaDB and Redis in $work"
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db >"$work/install.log" 2>&1 ||
  { echo "MariaDB could not make its data folder:"; tail -20 "$work/install.log"; exit 1; }
dbPort=$(freePort)
mariadbd --no-defaults --user="$user" --datadir="$work/db" --socket="$work/db.sock" --pid-file="$work/db.pid" \
  --bind-address=127.0.0.1 --port="$dbPort" --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=256M \
  --max-connections=500 --skip-log-bin >"$work/db.log" 2>&1 &
pids+=($!)
redisPort=$(freePort)
redis-server --port "$redisPort" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
pids+=($!)
awaitPort "$dbPort" MariaDB "$work/db.log"
awaitPort "$redisPort" Redis "$work/redis.log"

export CAILIAO_TEST_ENGINES=all
export CAILIAO_TEST_MYSQL="root@tcp(127.0.0.1:$dbPort)/"
export CAILIAO_TEST_REDIS="127.0.0.1:$redisPort"
if [ -z "$short" ]; then
  CAILIAO_TEST_CHROMIUM=$(command -v chromium)
  export CAILIAO_TEST_CHROMIUM
  # No scripts: the package is only unpacked; its one file runs in the browser of the tests.
  mkdir "$work/axe"
  cp app/browsertest/npm/package.json app/browsertest/npm/package-lock.json "$work/axe"
  (cd "$work/axe" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  export CAILIAO_TEST_AXE=$work/axe/node_modules/axe-core/axe.min.js
fi

export CAILIAO_TEST_LOG="$work/all.log"

# --- tests ------------------------------------------------------------------------------------
say "formatting and vet"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet "${packages[@]}"
say "tests, with the race detector"
# What only computes is not watched: SQLite (translated C), picture formats, faces and the drawing of test photos, which
# takes half off what they cost. Only packages that bring no code of sync or sync/atomic with them, as sync.Map does: that
# would not be watched either, and then everything looks like a race.
race=(-race)
for only in modernc.org/sqlite/lib image/color image/draw image/jpeg image/png golang.org/x/image/... github.com/esimov/pigo/core cailiao/imaging/imagetest; do
  race+=("-gcflags=$only=-race=false -d=checkptr=0")
done
go test "${race[@]}" -timeout 40m ${short:+-short} "${packages[@]}"
if [ -z "$short" ] && [ "${packages[*]}" = ./... ]; then
  say "tests of reading pictures, with the models"
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-aarch64)
      ./setup-reading.sh data/reading
      CAILIAO_TEST_READING=$PWD/data/reading go test -tags reading -timeout 20m -run 'Reading|Sample|Unreadable|Missing|Without' ./imaging/reading ./bot
      ;;
    *) echo "left out: the runtime is prepared for Linux on x86-64 and arm64 only" ;;
  esac
fi
if [ -s "$CAILIAO_TEST_LOG" ]; then
  say "logs of all tests: no names, numbers, open ids, keys, tokens, passwords, codes or sessions"
  CAILIAO_TEST_LOG_SCAN=$CAILIAO_TEST_LOG go test -count=1 -v -run TheLogsOfTheSuite ./watch/watchtest
fi
say "all tests passed"
