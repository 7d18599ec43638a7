package imaging

import "bytes"

// What sniff may say besides "jpeg" and "png".
const (
	formatJPEG = "jpeg"
	formatPNG  = "png"
)

// sniff names a format by its first bytes, never by a file's name; empty when it is no picture
// we know. The code is what to refuse it with, empty for JPEG and PNG.
func sniff(data []byte) (format, code string) {
	has := func(at int, magic string) bool {
		return len(data) >= at && bytes.HasPrefix(data[at:], []byte(magic))
	}
	switch {
	case len(data) == 0:
		return "", Empty
	case has(0, "\xFF\xD8\xFF"):
		return formatJPEG, ""
	case has(0, "\x89PNG\r\n\x1a\n"):
		return formatPNG, ""
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "gif", GIF
	case has(0, "RIFF") && has(8, "WEBP"):
		return "webp", WebP
	case bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")): // readers allow leading junk
		return "pdf", PDF
	case has(4, "ftyp"):
		return sniffBoxes(data)
	case has(0, "BM") && has(6, "\x00\x00\x00\x00"):
		return "bmp", OtherFormat
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		return "tiff", OtherFormat
	case has(0, "\x00\x00\x00\x0CjP  "), has(0, "\xFF\x4F\xFF\x51"):
		return "jpeg2000", OtherFormat
	case has(0, "\xFF\x0A"), has(0, "\x00\x00\x00\x0CJXL "):
		return "jxl", OtherFormat
	case looksLikeSVG(data):
		return "svg", OtherFormat
	}
	return "", NotPhoto
}

// sniffBoxes tells the ISO media files apart by their brands: the major one and, because several
// phones write a generic major brand, the compatible ones.
func sniffBoxes(data []byte) (format, code string) {
	size := min(int(data[2])<<8|int(data[3]), len(data), 256)
	for at := 8; at+4 <= size; at += 4 {
		switch string(data[at : at+4]) {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
			return "heic", HEIC
		case "avif", "avis":
			return "avif", OtherFormat
		}
	}
	return "", NotPhoto
}

func looksLikeSVG(data []byte) bool {
	head := bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\xEF\xBB\xBF")))
	return bytes.HasPrefix(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<svg"))
}
