package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
)

//go:embed static/*.css static/*.js static/*.svg
var staticFiles embed.FS

// staticMark changes whenever one of the static files does. It stands in their URLs, so that
// browsers may keep them for ever.
var staticMark = markStatic()

func markStatic() string {
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := staticFiles.ReadFile(name)
		sum.Write([]byte(name))
		sum.Write(data)
		return err
	})
	if err != nil {
		panic(err) // an embedded file that cannot be read
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// StaticPath is where a static file is served: /static/<mark>/app.css.
func StaticPath(name string) string { return "/static/" + staticMark + "/" + name }

var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8",
}

// StaticFile gives a static file's bytes and MIME type. ok is false for an unknown name, and for
// the mark of another version: its bytes must not be kept under that URL.
func StaticFile(mark, name string) (data []byte, contentType string, ok bool) {
	contentType, ok = staticTypes[path.Ext(name)]
	if !ok || mark != staticMark || name != path.Base(name) {
		return nil, "", false
	}
	data, err := staticFiles.ReadFile("static/" + name)
	return data, contentType, err == nil
}
