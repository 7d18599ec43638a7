package review_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

// What is tried first is refused however long it is; length is all that is asked of the rest.
func TestPasswordsThatAreTriedFirstAreRefused(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	add := func(name string, role intake.Role, word string) error {
		account := review.NewStaff{Name: name, Role: role, Password: word}
		if role == intake.RoleSite {
			account.Site = "S1"
		}
		_, err := r.AddStaff(t.Context(), account)
		return err
	}
	for what, word := range map[string]string{
		"leaked":                  "unbelievable",
		"leaked, in capitals":     "UnBelievable",
		"leaked, with digits":     "unbelievable2026!",
		"leaked, in full width":   "ｕｎｂｅｌｉｅｖａｂｌｅ",
		"the name":                "ZhangLaoShi-2026",
		"words of the office":     "yishikaoshi2026",
		"words of the office, 汉字": "医师考试审核材料考点考区",
		"the site":                r.Season.Sites[0].Name + r.Season.Sites[0].Name + "20262026",
		"a row of keys":           "qwertyuiop1234",
		"a piece again and again": "abcXYabcXYabcXY",
		"a telephone number":      "13800001111",
	} {
		if err := add("zhanglaoshi", intake.RoleSite, word); !errors.Is(err, review.ErrCommonPassword) {
			t.Errorf("%s: %v", what, err)
		}
	}
	long := func(n int) string { return strings.Repeat("seven whales, ", n/14+1)[:n-3] + "end" }
	for i, test := range []struct {
		what string
		role intake.Role
		word string
		want error
	}{
		{"9 characters", intake.RoleSite, "quietmars", review.ErrStaffPassword},
		{"10 small letters", intake.RoleSite, "quietmarsh", nil},
		{"11 characters for the area", intake.RoleArea, "quietmarshe", review.ErrStaffPassword},
		{"12 small letters for the area", intake.RoleArea, "quietmarshes", nil},
		{"10 characters of 汉字", intake.RoleSite, "青蛙骑着红色风筝回家", nil},
		{"64 characters", intake.RoleArea, long(64), nil},
		{"1,024 bytes", intake.RoleArea, long(1024), nil},
		{"1,025 bytes", intake.RoleArea, long(1025), review.ErrLongPassword},
	} {
		if err := add(fmt.Sprint("zhanglaoshi", i), test.role, test.word); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.what, err, test.want)
		}
	}
}

// From all over the lists: each was refused for nothing else.
func TestLongPasswordsThatLeakedAreRefused(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	for length, words := range map[int][]string{
		review.PasswordLength: {"razorblade", "transporter", "lizardstresser", "sierraleone", "yackyackyack", "soccergirl", "whatyoulookinat", "luojianhua", "gordolee85", "widespread", "ferrari360"},
		review.LongPassword:   {"turboddos1234", "opensesmeseed", "netophathite", "blessed816a42", "abracadabra9", "raja12345678", "j0nathonjake", "callmeishmael", "spectrumsonline", "abretesesamo", "thundercloud", "magictune777"},
	} {
		for _, word := range words {
			role, site := intake.RoleSite, "S1"
			if length == review.LongPassword {
				role, site = intake.RoleArea, ""
			}
			if _, err := r.AddStaff(t.Context(), review.NewStaff{Name: "zhanglaoshi", Role: role, Site: site, Password: word}); !errors.Is(err, review.ErrCommonPassword) {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
}
