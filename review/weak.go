package review

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"cailiao/intake"
)

// PasswordLength is the least number of characters of a password; who sees the whole area, or has
// power over others, needs LongPassword.
const (
	PasswordLength = 10
	LongPassword   = 12
)

const longestPassword = 1024 // bytes

// What is refused as a password (NIST SP 800-63B 5.1.1.2: length, and no rules about characters,
// but nothing that is tried first).
var (
	ErrStaffPassword  = fmt.Errorf("a password has at least %d characters, for leads, area and admins %d", PasswordLength, LongPassword)
	ErrLongPassword   = fmt.Errorf("a password has at most %d bytes", longestPassword)
	ErrCommonPassword = errors.New("the password is among the first that are tried: common, leaked, a pattern, or made of the name or the site")
)

// commonPasswords is made by common/make.sh: sorted marks of 4 bytes.
//
//go:embed common/passwords.bin
var commonPasswords []byte

func common(word string) bool {
	sum := sha256.Sum256([]byte(word))
	mark := binary.BigEndian.Uint32(sum[:])
	n := len(commonPasswords) / 4
	at := func(i int) uint32 { return binary.BigEndian.Uint32(commonPasswords[4*i:]) }
	i := sort.Search(n, func(i int) bool { return at(i) >= mark })
	return i < n && at(i) == mark
}

// contextWords are what somebody would try here first.
var contextWords = []string{
	"yishi", "yiyuan", "yisheng", "kaodian", "kaoqu", "kaoshi", "kaosheng", "cailiao", "shenhe", "zhiye", "zige", "baoming", "guanli", "guanliyuan",
	"weixin", "wechat", "admin", "password", "mima", "beijing", "medical", "doctor", "exam",
	"医师", "医院", "医生", "考点", "考区", "考试", "考生", "材料", "审核", "执业", "资格", "报名", "管理员", "微信", "密码", "北京",
}

// rows are what fingers find by themselves.
var rows = []string{
	"01234567890123456789", "98765432109876543210", "qwertyuiop", "asdfghjkl", "zxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz",
	"abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm",
}

var (
	telephone = regexp.MustCompile(`^1[3-9]\d{9}$`)
	identity  = regexp.MustCompile(`^\d{17}[\dx]$`)
)

const ownPart = 5 // letters or digits that must be left without what anybody would guess

// LeastPassword is how many characters an account's password has at least.
func (d *Desk) LeastPassword(of intake.Staff) int {
	if of.Role == intake.RoleSite {
		return PasswordLength
	}
	return LongPassword
}

// checkPassword says what is wrong with a password, as typed, for an account; joined errors.
func (d *Desk) checkPassword(typed string, of intake.Staff) error {
	if len(typed) > longestPassword {
		return ErrLongPassword
	}
	var faults []error
	p := password(typed)
	if utf8.RuneCountInString(p) < d.LeastPassword(of) {
		faults = append(faults, ErrStaffPassword)
	}
	if d.weak(strings.ToLower(p), of) {
		faults = append(faults, ErrCommonPassword)
	}
	return errors.Join(faults...)
}

func (d *Desk) weak(p string, of intake.Staff) bool {
	// Digits and marks before or behind make no other password of a common one.
	core := strings.TrimFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
	switch {
	case common(p), utf8.RuneCountInString(core) > 3 && common(core):
		return true
	case telephone.MatchString(p), identity.MatchString(p), repeats(p):
		return true
	}
	words := append([]string{of.Name}, contextWords...)
	for _, site := range d.Season.Sites {
		words = append(words, site.Code, site.Name)
	}
	return !leaves(p, words)
}

// repeats: a short piece again and again, or few different characters.
func repeats(p string) bool {
	runes := []rune(p)
	different := map[rune]bool{}
	for _, r := range runes {
		different[r] = true
	}
	if len(different) < 5 {
		return true
	}
	for piece := 1; piece <= len(runes)/2; piece++ {
		again := true
		for i := piece; i < len(runes) && again; i++ {
			again = runes[i] == runes[i-piece]
		}
		if again {
			return true
		}
	}
	return false
}

// leaves says whether enough remains of a password without the words and rows in it. A word takes
// the digits with it, which will be a year or a count.
func leaves(p string, words []string) bool {
	rest, found := p, false
	take := func(word string) {
		if utf8.RuneCountInString(word) > 1 && strings.Contains(rest, word) {
			rest, found = strings.ReplaceAll(rest, word, " "), true
		}
	}
	for _, word := range words {
		take(strings.ToLower(strings.TrimSpace(word)))
	}
	for _, row := range rows {
		for length := len(row); length >= 4; length-- {
			for i := 0; i+length <= len(row); i++ {
				take(row[i : i+length])
			}
		}
	}
	if !found {
		return true
	}
	left := 0
	for _, r := range rest {
		if unicode.IsLetter(r) {
			left++
		}
	}
	return left >= ownPart
}
