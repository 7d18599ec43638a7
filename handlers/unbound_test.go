package handlers_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestWhoHasNotBoundIsFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(8) // four of S1
		for _, c := range people[:2] {
			w.submit(c)
		}
		if err := w.DB.Unbind(t.Context(), people[1].ID); err != nil {
			t.Fatal(err)
		}
		here := func(page string) (found []int) {
			for i, c := range people {
				if strings.Contains(page, c.Number+"<") {
					found = append(found, i)
				}
			}
			return found
		}
		for name, want := range map[string]string{"王老师": "[1 2 3]", "赵老师": "[4 5 6 7]", "李主任": "[1 2 3 4 5 6 7]", "管理员": "[1 2 3 4 5 6 7]"} {
			page := w.signedIn(name).get("/staff/?state=unbound").body
			if got := fmt.Sprint(here(page)); got != want || strings.Count(page, `<span class="tag bad">未绑定</span>`) != strings.Count(want, " ")+1 {
				t.Errorf("%s finds %s, want %s, all marked", name, got, want)
			}
			if n := fmt.Sprint(strings.Count(want, " ") + 1); !regexp.MustCompile(`aria-current="page" class="tab ">\s*<span class="dot s-unbound"></span>未绑定<b>` + n + `</b>`).MatchString(page) {
				t.Errorf("%s: the tab is not the current one, or does not say %s", name, n)
			}
		}
		site := w.signedIn("王老师")
		if all := site.get("/staff/?state=all").body; fmt.Sprint(here(all)) != "[0 1]" || !strings.Contains(addresses(all), "/staff/?state=unbound") ||
			strings.Count(all, `<span class="tag bad">未绑定</span>`) != 1 {
			t.Errorf("in all states: %v", here(all))
		}

		// Somebody calls: who is searched for where they are not leads to where they are.
		_, none := site.search(people[2].Name, "state=submitted")
		link := regexp.MustCompile(`href="([^"]+)">在全部考生里找`).FindStringSubmatch(none.body)
		if len(here(none.body)) > 0 || link == nil {
			t.Fatal("nobody is found, and no way leads on")
		}
		found := site.get(strings.ReplaceAll(link[1], "&amp;", "&")).body
		if fmt.Sprint(here(found)) != "[2]" || !strings.Contains(found, `<span class="tag bad">未绑定</span>`) {
			t.Errorf("everywhere: %v", here(found))
		}
		if _, narrowed := site.search(people[0].Name, "state=unbound"); len(here(narrowed.body)) > 0 {
			t.Error("who is bound is found among those who are not")
		}
		sheet := site.get(sheetPath(people[2]) + "?state=unbound")
		if sheet.status != http.StatusOK || !strings.Contains(sheet.body, `<span class="tag bad">未绑定</span>`) || !strings.Contains(sheet.body, sheetPath(people[3])+"?state=unbound") {
			t.Errorf("the sheet: %d, is not marked or does not lead on to the next", sheet.status)
		}
		if bound := site.get(sheetPath(people[0])).body; strings.Contains(bound, `<span class="tag bad">未绑定</span>`) {
			t.Error("who is bound is marked")
		}
	})
}
