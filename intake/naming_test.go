package intake

import (
	"strings"
	"testing"
)

func TestFilesAreNamedAsTheSeasonSays(t *testing.T) {
	c := Candidate{Number: "2611010001", Name: "买买提·阿/不:都", Site: "110101"}
	m := Material{Code: "id_front", Name: "身份证人像面"}
	for _, test := range []struct{ folder, file, want string }{
		{defaultFolder, defaultFile, "2611010001_买买提·阿_不_都/2611010001_身份证人像面_2.jpg"},
		{"{site}-{number}", "{code}-{seq}", "110101-2611010001/id_front-2.jpg"},
		{"{number}.", "{number}{material}{seq}", "2611010001/2611010001身份证人像面2.jpg"},
	} {
		n := Naming{Folder: test.folder, File: test.file}
		if got := n.FolderOf(c) + "/" + n.FileOf(c, m, 2); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	for name, want := range map[string]string{"../../etc": "_.._etc", "..": "_", "": "_", "a\x00b\u202e": "a_b_", strings.Repeat("长", 200): strings.Repeat("长", nameLength)} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestANamingThatWouldGiveTwoPhotosOneNameIsRefused(t *testing.T) {
	for folder, files := range map[string][]string{
		"{number}": {"{seq}", "{number}_{material}", "{code}_{seq}_{phone}", "{code}/{seq}"},
		"{name}":   {"{code}_{seq}"},
	} {
		for _, file := range files {
			b := &seasonBuild{season: &Season{Naming: Naming{Folder: folder, File: file}}}
			if b.naming(); len(b.problems) == 0 {
				t.Errorf("%s/%s is taken", folder, file)
			}
		}
	}
	b := &seasonBuild{season: &Season{}}
	if b.naming(); len(b.problems) > 0 || b.season.Naming.File != defaultFile {
		t.Errorf("the default: %v", b.problems)
	}
}
