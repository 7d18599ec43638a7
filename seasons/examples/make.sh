#!/bin/sh
# Draws the example pictures again from examples.html: seasons/examples/make.sh [code …]
# Needs chromium, ImageMagick's convert and the Noto CJK fonts (Debian: chromium imagemagick fonts-noto-cjk).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(sed -n 's/^  \([a-z_]*\): {$/\1/p' examples.js)
for code in "$@"; do
	case $(sed -n "/^  $code: {\$/,/^  },/p" examples.js) in
	*'kind: "page"'* | *letter\(*) size=640,880 ;;
	*'kind: "card"'*) size=800,610 ;;
	*) size=800,640 ;;
	esac
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-quic --no-first-run \
		--disable-background-networking --user-data-dir="$work/profile" --window-size=$size \
		--screenshot="$work/$code.png" "file://$PWD/examples.html#$code" >/dev/null 2>"$work/log" ||
		{ cat "$work/log" >&2; exit 1; }
	convert "$work/$code.png" -strip -sampling-factor 4:2:0 -quality 74 -interlace JPEG "$code.jpg"
	echo "$code.jpg $(wc -c <"$code.jpg") bytes"
done
