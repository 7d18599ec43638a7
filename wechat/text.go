package wechat

import (
	"strings"
	"unicode/utf8"
)

// maxText is the platform's limit for one text, in bytes of UTF-8 (content size out of limit, 45002).
const maxText = 2048

// clean makes any bytes fit for XML and for the platform's JSON reader: invalid UTF-8 becomes U+FFFD, control characters
// other than tab and line feed vanish, every other line end becomes a line feed. (The JSON reader does not know \uXXXX,
// which is how encoding/json writes such characters.)
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\t', r == '\n':
			return r
		case r < 0x20, r >= 0x7F && r < 0xA0, r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, s)
}

// isClean is the fast path: printable ASCII, tabs, line feeds, and valid UTF-8 without the few awkward code points.
func isClean(s string) bool {
	ascii := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < 0x20 && c != '\t' && c != '\n', c == 0x7F:
			return false
		case c >= 0x80:
			ascii = false
		}
	}
	if ascii {
		return true
	}
	for i, r := range s {
		switch {
		case r >= 0x80 && r < 0xA0, r == '\u2028', r == '\u2029', r == '\uFFFE', r == '\uFFFF':
			return false
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return false
		}
	}
	return true
}
