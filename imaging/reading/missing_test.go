package reading

import (
	"errors"
	"testing"
)

func TestWithoutFilesOpenSaysSo(t *testing.T) {
	_, err := Open(t.TempDir())
	want := ErrMissing
	if !Built() {
		want = ErrNotBuilt
	}
	if !errors.Is(err, want) {
		t.Error(err)
	}
}

func TestEveryMissingFileIsNamed(t *testing.T) {
	if missing := Missing(t.TempDir()); len(missing) != 4 {
		t.Errorf("%v", missing)
	}
}
