#!/bin/sh
# Makes the demo's sample photos again: cmd/demo/samples-src/make.sh [paper …]   (no paper: all)
# Needs chromium, ImageMagick's convert and the Noto CJK fonts (Debian: chromium imagemagick fonts-noto-cjk).
set -eu
cd "$(dirname "$0")"
out=../samples
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The papers must show the person of the roster, else every check would find a stranger.
grep -q '^2611010101,林知夏,居民身份证,99000019990417002X,' ../roster.csv ||
	{ echo "../roster.csv no longer has the person drawn in parts.js" >&2; exit 1; }

# render <paper> <width> <height> <pixels per CSS pixel>: $work/<paper>.png
render() {
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-quic --no-first-run \
		--disable-background-networking --user-data-dir="$work/profile" --window-size="$2,$3" \
		--force-device-scale-factor="$4" --screenshot="$work/$1.png" "file://$PWD/samples.html#$1" \
		>/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

# A WeChat photo: 1080 × 1440, a little sensor noise, no metadata. Drawn at twice the size, as a
# lens would see more than the sensor keeps.
sensor="-seed 26 -attenuate .15 +noise Gaussian"
jpeg="-strip -sampling-factor 4:2:0 -quality 82"
photo() { # <paper> <file name>
	render "$1" 1080 1440 2
	convert "$work/$1.png" -alpha off -filter Lanczos -resize 1080x1440! "$work/$1.miff"
	convert "$work/$1.miff" $sensor $jpeg "$out/$2"
}

good="id_front=01 身份证人像面
id_back=02 身份证国徽面
notice=03 报名成功通知单
diploma=04 毕业证书
degree=05 学位证书
edu_proof_1=06 学历备案表 第1页
edu_proof_2=07 学历备案表 第2页
trial=08 试用期考核证明
mentor_qual=09 带教老师资格证
mentor=10 带教老师执业证
unit_lic=11 医疗机构执业许可证副本
id_front-again=12 身份证人像面 重拍"

wanted=${*:-}
echo "$good" | while IFS='=' read -r paper name; do
	case " ${wanted:-$paper} " in *" $paper "*) photo "$paper" "$name.jpg" </dev/null ;; esac
done
[ -z "$wanted" ] || exit 0

# What goes wrong with photos, one fault each.
convert "$work/trial.miff" -blur 0x6 $sensor $jpeg "$out/21 模糊.jpg"
convert "$work/notice.miff" -evaluate multiply .1 $sensor $jpeg "$out/22 太暗.jpg"
# A lamp in the lamination: burnt out in the middle, fading around it.
convert "$work/degree.miff" \( -size 1080x1440 xc:black -fill white -draw "translate 660,700 rotate -24 ellipse 0,0 370,210 0,360" -blur 0x34 -level 0,62% \) \
	-compose screen -composite $sensor $jpeg "$out/23 反光.jpg"
# Too near: the right and the bottom of the sheet are outside.
convert "$work/notice.png" -alpha off -gravity northwest -crop 1500x2000+60+60 +repage -resize 1080x1440! $sensor $jpeg "$out/25 没拍全.jpg"
convert "$work/mentor.miff" -resize 240x320! $sensor $jpeg "$out/26 太小.jpg"

# Held sideways: the pixels lie on their side and EXIF says how to turn them (orientation 6).
render diploma-again 1080 1440 2
convert "$work/diploma-again.png" -alpha off -resize 1080x1440! -rotate -90 $sensor $jpeg "$work/side.jpg"
{
	printf '\377\330\377\341\000\042Exif\000\000MM\000\052\000\000\000\010\000\001\001\022\000\003\000\000\000\001\000\006\000\000\000\000\000\000'
	tail -c +3 "$work/side.jpg"
} >"$out/24 侧放.jpg"

render screen 720 1280 1
convert "$work/screen.png" -alpha off -strip -define png:compression-level=9 -colors 64 "PNG8:$out/27 屏幕截图.png"

# Not pictures, whatever their name says: cut short in transfer, and a PDF.
head -c 41000 "$out/11 医疗机构执业许可证副本.jpg" >"$out/28 传坏了.jpg"
printf '%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%%%EOF\n' >"$out/29 其实是PDF.jpg"

# An original from a 12-megapixel camera.
render diploma 1080 1440 2.8
convert "$work/diploma.png" -alpha off -resize 3024x4032! -seed 26 -attenuate .06 +noise Gaussian -strip -sampling-factor 4:2:0 -quality 90 "$out/30 原图12MP.jpg"

ls -l "$out" | awk '{ total += $5 } END { print total, "bytes in all" }'
