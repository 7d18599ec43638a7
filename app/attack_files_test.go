package app_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
)

// payload is what must not survive: it runs wherever a server or browser takes a file for what it is not.
const payload = `<?php system($_GET[0]); ?><script>alert(document.domain)</script>`

// Every trick of the file-upload list, through the chat. Either the picture is refused, or what is
// kept for people to see holds nothing of the payload; the original leaves only as a download.
func TestFilesThatAreMoreThanPictures(t *testing.T) {
	good := imagetest.JPEG(imagetest.Page(41, 720, 960), 70)
	png := imagetest.PNG(imagetest.Page(42, 720, 960))
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	if f, err := archive.Create("run.php"); err != nil {
		t.Fatal(err)
	} else if _, err := f.Write([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	rows := []struct {
		name string
		file []byte
		kept bool
	}{
		{"a script named picture", []byte(payload), false},
		{"an HTML page", []byte("<!doctype html><html>" + payload), false},
		{"an SVG with script", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">` + payload + `</svg>`), false},
		{"a GIF that is also a script", []byte("GIF89a=1;/*" + payload + "*/"), false},
		{"a PDF", []byte("%PDF-1.7\n" + payload), false},
		{"an executable", join([]byte("MZ\x90\x00"), []byte(payload)), false},
		{"a ZIP", zipped.Bytes(), false},
		{"nothing", nil, false},
		{"a WebP", []byte("RIFF\x00\x00\x00\x00WEBPVP8 " + payload), false},
		{"a TIFF", []byte("II*\x00\x08\x00\x00\x00" + payload), false},
		{"a BMP", []byte("BM" + payload), false},
		{"a HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + payload), false},
		{"drawing commands", []byte("push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://evil.example/x|id)'\npop graphic-context"), false},
		{"a server's configuration", []byte("AddType application/x-httpd-php .jpg\n"), false},
		{"a PDF that is also a JPEG", join([]byte("%PDF-1.7\n"), good), false},
		{"a JPEG that claims 50,000 by 50,000", claiming(good), false},
		{"a PNG with 200 MB of text", join(png[:33], imagetest.Chunk("zTXt", append([]byte("c\x00\x00"), deflated(200<<20)...)), png[33:]), true},
		{"a PNG with 200 MB of colour profile", join(png[:33], imagetest.Chunk("iCCP", append([]byte("c\x00\x00"), deflated(200<<20)...)), png[33:]), true},
		{"JPEG magic and then script", join([]byte("\xff\xd8\xff\xe0"), []byte(payload)), false},
		{"PNG magic and then script", join([]byte("\x89PNG\r\n\x1a\n"), []byte(payload)), false},
		{"script before the picture", join([]byte(payload), good), false},
		{"script in a JPEG comment", imagetest.Insert(good, 0xfe, []byte(payload)), true},
		{"script in the EXIF", imagetest.Insert(good, 0xe1, append([]byte("Exif\x00\x00"), payload...)), true},
		{"script in the XMP", imagetest.Insert(good, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+payload)), true},
		{"script in the colour profile", imagetest.Insert(good, 0xe2, []byte("ICC_PROFILE\x00\x01\x01"+payload)), true},
		{"script in the editor's segment", imagetest.Insert(good, 0xed, []byte("Photoshop 3.0\x00"+payload)), true},
		{"script in a preview", imagetest.Insert(good, 0xe0, []byte("JFXX\x00\x10"+payload)), true},
		{"script behind the picture", join(good, []byte(payload)), true},
		{"a ZIP behind the picture", join(good, zipped.Bytes()), true},
		{"script behind the last block, inside the picture's data", join(good[:len(good)-2], []byte(payload), good[len(good)-2:]), true},
		{"script behind a restart that nobody announced", join(good[:len(good)-2], []byte("\xff\xd0"+payload), good[len(good)-2:]), true},
		{"script in a segment that nobody knows", imagetest.Insert(good, 0xf0, []byte(payload)), true},
		{"a second picture behind the first", join(good, good, []byte(payload)), true},
		{"script in a PNG text chunk", join(png[:33], imagetest.Chunk("tEXt", []byte("Comment\x00"+payload)), png[33:]), true},
		{"script in a PNG chunk of many languages", join(png[:33], imagetest.Chunk("iTXt", []byte("c\x00\x00\x00\x00\x00"+payload)), png[33:]), true},
		{"script in a PNG chunk that nobody knows", join(png[:33], imagetest.Chunk("prVt", []byte(payload)), png[33:]), true},
		{"script behind the PNG", join(png, []byte(payload)), true},
	}
	b := newBattlefield(t)
	client := b.signIn("site-one")
	attacker := b.bound("o-attacker", apptest.People[1])
	id := b.candidate(apptest.People[1])
	for _, row := range rows {
		before := b.photosOf(id)
		d := attacker.SendPhoto(t.Context(), row.file)
		if d.Broken != "" || d.Reply == "" {
			t.Errorf("%s: no answer: %s", row.name, d.Broken)
		}
		after := b.photosOf(id)
		switch {
		case !row.kept && len(after) != len(before):
			t.Errorf("%s: was kept", row.name)
		case row.kept && len(after) == len(before):
			t.Logf("%s: was not kept: %.40q", row.name, d.Reply) // refused is safe, too
		}
		for _, photo := range after[len(before):] {
			for _, kind := range []string{"thumb", "screen", "copy"} {
				got := b.ask(client, http.MethodGet, fmt.Sprintf("/staff/photos/%d/%s", photo, kind), nil)
				if got.status != http.StatusOK || got.header.Get("Content-Type") != "image/jpeg" || got.header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s as %s: %d %s", row.name, kind, got.status, got.header.Get("Content-Type"))
				}
				for _, part := range []string{"<?php", "<script", "PK\x03\x04"} {
					if strings.Contains(got.body, part) {
						t.Errorf("%s: the %s still holds %q", row.name, kind, part)
					}
				}
			}
			got := b.ask(client, http.MethodGet, fmt.Sprintf("/staff/photos/%d/original", photo), nil)
			if !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: the original is shown, not downloaded: %v", row.name, got.header)
			}
		}
	}
}

// claiming is a JPEG whose header says 50,000 by 50,000.
func claiming(jpg []byte) []byte {
	lying := bytes.Clone(jpg)
	copy(lying[bytes.Index(lying, []byte{0xff, 0xc0})+5:], "\xc3\x50\xc3\x50")
	return lying
}

// deflated is n zeros, compressed.
func deflated(n int) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for range n >> 20 {
		z.Write(make([]byte, 1<<20)) // a bytes.Buffer does not fail
	}
	z.Close()
	return b.Bytes()
}

// photosOf are the ids of all photos of a candidate, in the order they came.
func (b *battlefield) photosOf(id int64) []int64 {
	photos, err := b.DB.PhotosEver(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	var ids []int64
	for _, p := range photos {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}
