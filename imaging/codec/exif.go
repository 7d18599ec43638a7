package codec

import (
	"bytes"
	"encoding/binary"
)

// exifOrientation reads tag 0x0112 from IFD0 of an APP1 payload; 0 when it is not EXIF or has no
// valid one. It follows no further pointer: other directories describe the embedded thumbnail.
func exifOrientation(app1 []byte) int {
	tiff, ok := bytes.CutPrefix(app1, []byte("Exif\x00"))
	if !ok || len(tiff) < 1 {
		return 0
	}
	return tiffOrientation(tiff[1:]) // one pad byte, of any value
}

// tiffOrientation is the same for a bare TIFF structure, as PNG's eXIf chunk holds.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(t[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	ifd := uint64(order.Uint32(t[4:]))
	if ifd+2 > uint64(len(t)) {
		return 0
	}
	n, entries := int(order.Uint16(t[ifd:])), t[ifd+2:]
	for i := 0; i < n && len(entries) >= 12; i++ {
		e := entries[:12]
		entries = entries[12:]
		if order.Uint16(e) != 0x0112 {
			continue
		}
		const short = 3
		if order.Uint16(e[2:]) != short || order.Uint32(e[4:]) != 1 {
			return 0
		}
		if o := int(order.Uint16(e[8:])); o >= 1 && o <= 8 {
			return o
		}
		return 0
	}
	return 0
}
