#!/bin/bash
# Makes passwords.bin anew: the list of common and leaked passwords of the npm package
# @zxcvbn-ts/language-common (MIT), each as the first 4 bytes of the SHA-256 of its lower-case form, sorted.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" @zxcvbn-ts/language-common@3.0.4 >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
node -e '
const { createHash } = require("crypto");
const list = require(process.argv[1]);
const words = (list.default || list).map((word) => word.toLowerCase()).filter((word) => word.length >= 4);
const marks = new Set(words.map((word) => createHash("sha256").update(word).digest().readUInt32BE(0)));
const sorted = Uint32Array.from(marks).sort();
const out = Buffer.alloc(4 * sorted.length);
sorted.forEach((mark, i) => out.writeUInt32BE(mark, 4 * i));
require("fs").writeFileSync("passwords.bin", out);
' "$work/package/dist/passwords.json.js"
