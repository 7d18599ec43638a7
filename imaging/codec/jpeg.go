package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// JPEG is the skeleton of a JPEG file: where its segments are and what they promise. Nothing is
// decoded yet.
type JPEG struct {
	Width, Height int
	Progressive   bool
	Scans         int // start-of-scan markers seen
	Orientation   int // EXIF IFD0 orientation, 1–8; 1 when absent or nonsense

	comps    []component
	hmax     int // largest sampling factors among comps
	vmax     int
	adobe    int // Adobe APP14 colour transform; -1 when absent
	segments []segment
	data     []byte
	whole    bool // an EOI marker was found
	odd      bool // see Odd
}

type segment struct {
	marker     byte
	start, end int // payload without the length bytes
	dataEnd    int // SOS: entropy-coded data lies in [end, dataEnd)
}

// meta says whether a picture can do without the segment: it needs its frame, tables and scans.
func (s segment) meta() bool {
	switch s.marker {
	case mSOF0, mSOF1, mSOF2, mDHT, mDQT, mDRI, mSOS:
		return false
	}
	return true
}

type component struct {
	id, h, v, tq byte
	w, hgt       int // in samples
	bw, bh       int // in blocks that carry picture
	pw, ph       int // in blocks, padded to whole MCUs
}

const (
	mSOF0, mSOF1, mSOF2 = 0xC0, 0xC1, 0xC2
	mDHT, mDQT, mDRI    = 0xC4, 0xDB, 0xDD
	mSOI, mEOI, mSOS    = 0xD8, 0xD9, 0xDA
	mRST0, mRST7        = 0xD0, 0xD7
	mAPP0, mAPP1        = 0xE0, 0xE1
	mAPP14, mCOM, mDNL  = 0xEE, 0xFE, 0xDC
)

// ReadJPEG walks the markers in one pass and reads the frame header. It stops counting scans
// after maxScans+1, so that the caller can refuse; a file may then look whole that is not.
func ReadJPEG(data []byte, maxScans int) (*JPEG, error) {
	if len(data) < 4 || data[0] != 0xFF || data[1] != mSOI {
		return nil, fmt.Errorf("no start of image: %w", ErrBroken)
	}
	j := &JPEG{data: data, adobe: -1, Orientation: 1}
	pos := 2
	for {
		marker, next := nextMarker(data, pos)
		if marker == 0 { // the file ends without EOI; Decode finds out whether anything is missing
			break
		}
		pos = next
		if marker == mEOI {
			j.whole = true
			break
		}
		if marker == mSOI || marker == 0x01 || marker >= mRST0 && marker <= mRST7 {
			continue
		}
		if pos+2 > len(data) {
			return nil, fmt.Errorf("segment %02x without length: %w", marker, ErrBroken)
		}
		n := int(binary.BigEndian.Uint16(data[pos:]))
		if n < 2 || pos+n > len(data) {
			return nil, fmt.Errorf("segment %02x of %d bytes: %w", marker, n, ErrBroken)
		}
		s := segment{marker: marker, start: pos + 2, end: pos + n}
		pos = s.end
		if err := j.note(&s); err != nil {
			return nil, err
		}
		if marker == mSOS {
			pos = scanEnd(data, pos)
			s.dataEnd = pos
		}
		j.segments = append(j.segments, s)
		if j.Scans > maxScans {
			return j, nil
		}
		if len(j.segments) > 4096 {
			return nil, fmt.Errorf("over 4096 segments: %w", ErrUnsupported)
		}
	}
	if j.Width == 0 || j.Scans == 0 {
		return nil, fmt.Errorf("no picture inside: %w", ErrBroken)
	}
	return j, nil
}

// nextMarker finds the next marker at or after pos, and where its payload begins; 0 at the end.
func nextMarker(data []byte, pos int) (byte, int) {
	for pos < len(data) {
		i := bytes.IndexByte(data[pos:], 0xFF)
		if i < 0 {
			return 0, len(data)
		}
		pos += i + 1
		for pos < len(data) && data[pos] == 0xFF {
			pos++
		}
		if pos < len(data) && data[pos] != 0 {
			return data[pos], pos + 1
		}
	}
	return 0, len(data)
}

// scanEnd is where the entropy-coded data that starts at pos ends: at the first marker which is
// neither a stuffed byte nor a restart.
func scanEnd(data []byte, pos int) int {
	for pos < len(data) {
		i := bytes.IndexByte(data[pos:], 0xFF)
		if i < 0 || pos+i+1 >= len(data) {
			return len(data)
		}
		pos += i
		switch m := data[pos+1]; {
		case m == 0 || m >= mRST0 && m <= mRST7:
			pos += 2
		case m == 0xFF:
			for pos+1 < len(data) && data[pos+1] == 0xFF {
				pos++
			}
		default:
			return pos
		}
	}
	return pos
}

// note reads what the skeleton must know of a segment.
func (j *JPEG) note(s *segment) error {
	p := j.data[s.start:s.end]
	switch m := s.marker; {
	case m == mSOF0 || m == mSOF1 || m == mSOF2:
		return j.frame(m, p)
	case m >= 0xC3 && m <= 0xCF && m != mDHT && m != 0xC8 && m != 0xCC:
		return fmt.Errorf("frame kind %02x (lossless, hierarchical or arithmetic): %w", m, ErrUnsupported)
	case m == mSOS:
		if len(j.comps) == 0 {
			return fmt.Errorf("scan before frame: %w", ErrBroken)
		}
		j.Scans++
	case m == mAPP1:
		if o := exifOrientation(p); o != 0 && j.Scans == 0 {
			j.Orientation = o
		}
	case m == mAPP14 && len(p) >= 12 && string(p[:5]) == "Adobe":
		j.adobe = int(p[11])
	}
	return nil
}

// frame reads the frame header (T.81 B.2.2).
func (j *JPEG) frame(marker byte, p []byte) error {
	if len(j.comps) > 0 {
		return fmt.Errorf("second frame: %w", ErrUnsupported)
	}
	if len(p) < 6 || len(p) < 6+3*int(p[5]) {
		return fmt.Errorf("short frame header: %w", ErrBroken)
	}
	if p[0] != 8 {
		return fmt.Errorf("%d bits per sample: %w", p[0], ErrUnsupported)
	}
	h, w, n := int(binary.BigEndian.Uint16(p[1:])), int(binary.BigEndian.Uint16(p[3:])), int(p[5])
	if w == 0 || h == 0 {
		return fmt.Errorf("%d×%d pixels: %w", w, h, ErrBroken)
	}
	if n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("%d components: %w", n, ErrUnsupported)
	}
	comps := make([]component, n)
	j.hmax, j.vmax = 1, 1
	for i := range comps {
		q := p[6+3*i:]
		c := component{id: q[0], h: q[1] >> 4, v: q[1] & 15, tq: q[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return fmt.Errorf("component %d sampled %d×%d: %w", i, c.h, c.v, ErrBroken)
		}
		if c.h == 3 || c.v == 3 || c.v == 4 || i > 0 && (comps[0].h%c.h != 0 || comps[0].v%c.v != 0) || i == 2 && (c.h != comps[1].h || c.v != comps[1].v) {
			j.odd = true
		}
		if n == 1 { // a single component is never interleaved: its factors mean nothing (A.2.2)
			c.h, c.v = 1, 1
		}
		for _, other := range comps[:i] {
			if other.id == c.id {
				return fmt.Errorf("component %d twice: %w", c.id, ErrBroken)
			}
		}
		j.hmax, j.vmax = max(j.hmax, int(c.h)), max(j.vmax, int(c.v))
		comps[i] = c
	}
	mcuW, mcuH := ceilDiv(w, 8*j.hmax), ceilDiv(h, 8*j.vmax)
	for i := range comps {
		c := &comps[i]
		c.w, c.hgt = ceilDiv(w*int(c.h), j.hmax), ceilDiv(h*int(c.v), j.vmax)
		c.bw, c.bh = ceilDiv(c.w, 8), ceilDiv(c.hgt, 8)
		c.pw, c.ph = mcuW*int(c.h), mcuH*int(c.v)
	}
	j.Width, j.Height, j.Progressive, j.comps = w, h, marker == mSOF2, comps
	return nil
}

// Strip is the same picture without metadata: APPn, COM and unknown segments and everything after
// the end of image are gone, the scan data is untouched, a plain JFIF header is in front. Only for
// pictures whose colours need no APP14 to be understood (see Plain).
func (j *JPEG) Strip() []byte {
	out := make([]byte, 0, j.StrippedBytes())
	out = append(out, 0xFF, mSOI)
	out = append(out, jfif...)
	for _, s := range j.segments {
		if s.meta() {
			continue
		}
		out = append(out, 0xFF, s.marker, byte((s.end-s.start+2)>>8), byte(s.end-s.start+2))
		out = append(out, j.data[s.start:max(s.end, s.dataEnd)]...)
	}
	return append(out, 0xFF, mEOI)
}

// StrippedBytes is how long Strip's result is.
func (j *JPEG) StrippedBytes() int {
	n := 2 + len(jfif) + 2
	for _, s := range j.segments {
		if !s.meta() {
			n += 4 + max(s.end, s.dataEnd) - s.start
		}
	}
	return n
}

// jfif is an APP0 segment: version 1.01, square pixels, no thumbnail (T.871 §10.1).
const jfif = "\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// Plain says whether the picture is grey or YCbCr in the way every reader understands without
// looking at APP14.
func (j *JPEG) Plain() bool {
	return len(j.comps) == 1 || len(j.comps) == 3 && !j.rgb()
}

// Odd says whether the picture is written in a way that not every reader takes, or that leaves room
// for something else: samples in rare proportions, stray bytes in the data or behind the last block.
// Whether it is one of the latter is known once it has been decoded.
func (j *JPEG) Odd() bool { return j.odd }

// rgb says whether three components are red, green and blue: Adobe says "no transform", or, with
// neither Adobe nor JFIF numbering, their names do.
func (j *JPEG) rgb() bool {
	if len(j.comps) != 3 {
		return false
	}
	if j.adobe >= 0 {
		return j.adobe == 0
	}
	return j.comps[0].id == 'R' && j.comps[1].id == 'G' && j.comps[2].id == 'B'
}

// Requantisable says whether Requantise can work on this picture's coefficients: grey, or
// colour sampled 4:2:0.
func (j *JPEG) Requantisable() bool {
	if len(j.comps) == 1 {
		return true
	}
	return j.Plain() && j.comps[0].h == 2 && j.comps[0].v == 2 &&
		j.comps[1].h*j.comps[1].v == 1 && j.comps[2].h*j.comps[2].v == 1
}
