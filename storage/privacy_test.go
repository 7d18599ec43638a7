package storage_test

import (
	"strings"
	"testing"

	"cailiao/storage"
)

func TestTheSweepKnowsAPhotosBlobs(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	for _, kind := range []string{"original", "copy", "screen", "thumb", "copy-90", "thumb-180m"} {
		if key := storage.BlobKey(7, sha, kind); !storage.IsPhotoBlob(key) {
			t.Errorf("%s is not taken for a photo's", kind)
		}
	}
	for _, key := range []string{"roster/abc-file", "", "ab/cd", storage.BlobKey(7, sha, "report")} {
		if storage.IsPhotoBlob(key) {
			t.Errorf("%q is taken for a photo's", key)
		}
	}
}
