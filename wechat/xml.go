package wechat

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The platform's XML is one <xml> with leaves, few of them nested. This reader knows exactly that: no DOCTYPE, no entities
// beyond the five, no namespaces. Unlike encoding/xml it does not give up a whole message over one character: a person may
// type "]]>", and whether the platform escapes it nobody has confirmed.

const (
	maxDepth   = 12 // bounds nesting; the deepest known event has 3
	cdataOpen  = "<![CDATA["
	cdataClose = "]]>"
)

// element is one element as it stands in the document.
type element struct {
	name    string
	inner   []byte // what stands between the tags; for a literal without its CDATA brackets
	literal bool   // all of it is one CDATA section (or several joined ones)
}

// eachChild calls visit for every element directly inside the document's root <xml>.
func eachChild(doc []byte, visit func(element)) error {
	root, _, found, err := nextElement(doc, 0)
	switch {
	case err != nil:
		return err
	case !found || root.name != "xml":
		return fmt.Errorf("%w: no <xml> element", ErrMalformed)
	case root.literal:
		return nil
	}
	return root.each(visit)
}

// each calls visit for every element directly inside this one. A literal has none.
func (e element) each(visit func(element)) error {
	if e.literal {
		return nil
	}
	rest := e.inner
	for {
		child, after, found, err := nextElement(rest, 0)
		if err != nil || !found {
			return err
		}
		visit(child)
		rest = after
	}
}

// text is the element's text. White space around text outside CDATA is layout, inside it belongs to the text.
func (e element) text() string {
	if e.literal {
		return clean(strings.ReplaceAll(string(e.inner), cdataClose+cdataOpen, ""))
	}
	trimmed := bytes.TrimSpace(e.inner)
	if bytes.IndexByte(trimmed, '<') >= 0 {
		return "" // has elements, not text
	}
	return clean(unescape(string(trimmed)))
}

// nextElement finds the first element in b; found is false when only text and comments are left.
func nextElement(b []byte, depth int) (e element, after []byte, found bool, err error) {
	if depth > maxDepth {
		return e, nil, false, fmt.Errorf("%w: nested too deeply", ErrMalformed)
	}
	b, err = skipToTag(b)
	if err != nil || b == nil {
		return e, nil, false, err
	}
	if bytes.HasPrefix(b, []byte("</")) {
		return e, nil, false, fmt.Errorf("%w: end tag without start", ErrMalformed)
	}
	name, empty, b, err := startTag(b)
	if err != nil {
		return e, nil, false, err
	}
	e.name = name
	if empty {
		return e, b, true, nil
	}
	if inner, after, ok := cdataElement(b, name); ok {
		e.inner, e.literal = inner, true
		return e, after, true, nil
	}
	rest := b
	for {
		rest, err = skipToTag(rest)
		if err != nil {
			return e, nil, false, err
		}
		if rest == nil {
			return e, nil, false, fmt.Errorf("%w: an element is not closed", ErrMalformed)
		}
		if after, ok := endTag(rest, name); ok {
			e.inner = b[:len(b)-len(rest)]
			return e, after, true, nil
		}
		if _, rest, _, err = nextElement(rest, depth+1); err != nil {
			return e, nil, false, err
		}
	}
}

// skipToTag drops text, comments, instructions and loose CDATA; nil means nothing is left.
func skipToTag(b []byte) ([]byte, error) {
	for {
		at := bytes.IndexByte(b, '<')
		if at < 0 {
			return nil, nil
		}
		b = b[at:]
		var end []byte
		switch {
		case bytes.HasPrefix(b, []byte("<!--")):
			end = []byte("-->")
		case bytes.HasPrefix(b, []byte("<?")):
			end = []byte("?>")
		case bytes.HasPrefix(b, []byte(cdataOpen)):
			end = []byte(cdataClose)
		case bytes.HasPrefix(b, []byte("<!")):
			return nil, fmt.Errorf("%w: document types are not read", ErrMalformed)
		default:
			return b, nil
		}
		stop := bytes.Index(b, end)
		if stop < 0 {
			return nil, fmt.Errorf("%w: an open comment, instruction or section", ErrMalformed)
		}
		b = b[stop+len(end):]
	}
}

// startTag reads "<name attributes>" or "<name/>". Attributes are skipped: the platform uses none.
func startTag(b []byte) (name string, empty bool, rest []byte, err error) {
	var quote byte
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return "", false, nil, fmt.Errorf("%w: a tag inside a tag", ErrMalformed)
		case c == '>':
			tag := b[1:i]
			empty = bytes.HasSuffix(tag, []byte("/"))
			tag = bytes.TrimSuffix(tag, []byte("/"))
			if space := bytes.IndexAny(tag, " \t\r\n"); space >= 0 {
				tag = tag[:space]
			}
			if len(tag) == 0 {
				return "", false, nil, fmt.Errorf("%w: a tag without a name", ErrMalformed)
			}
			return string(tag), empty, b[i+1:], nil
		}
	}
	return "", false, nil, fmt.Errorf("%w: an open tag", ErrMalformed)
}

// endTag reports whether b begins with "</name>", and what follows it.
func endTag(b []byte, name string) (after []byte, ok bool) {
	if len(b) < len(name)+3 || b[0] != '<' || b[1] != '/' || string(b[2:2+len(name)]) != name {
		return nil, false
	}
	b = bytes.TrimLeft(b[2+len(name):], " \t\r\n")
	if len(b) == 0 || b[0] != '>' {
		return nil, false
	}
	return b[1:], true
}

// cdataElement reads an element that is all CDATA: up to the first "]]>" that is followed by the element's own end tag.
// So "]]>" in the middle of what a person typed stays part of it. The number of tries is bounded, because the envelope is
// read before anybody has proven who sent it.
func cdataElement(b []byte, name string) (inner, after []byte, ok bool) {
	b = bytes.TrimLeft(b, " \t\r\n")
	if !bytes.HasPrefix(b, []byte(cdataOpen)) {
		return nil, nil, false
	}
	b = b[len(cdataOpen):]
	from := 0
	for range 16 {
		at := bytes.Index(b[from:], []byte(cdataClose))
		if at < 0 {
			return nil, nil, false
		}
		at += from
		if after, ok := endTag(bytes.TrimLeft(b[at+len(cdataClose):], " \t\r\n"), name); ok {
			return b[:at], after, true
		}
		from = at + 1
	}
	return nil, nil, false
}

// unescape knows the five entities and character numbers; anything else stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "&")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if end := strings.IndexByte(rest[:min(len(rest), 10)], ';'); end > 0 {
			if text, ok := entityText(rest[:end]); ok {
				b.WriteString(text)
				s = rest[end+1:]
				continue
			}
		}
		b.WriteByte('&')
		s = rest
	}
}

func entityText(entity string) (string, bool) {
	switch entity {
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "amp":
		return "&", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	}
	digits, isNumber := strings.CutPrefix(entity, "#")
	if !isNumber {
		return "", false
	}
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return "", false
	}
	return string(rune(n)), true
}
