package review_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
)

func (r *room) account(name string) intake.Staff {
	r.t.Helper()
	staff, err := r.AddStaff(r.t.Context(), review.NewStaff{Name: name, Role: intake.RoleSite, Site: "S1", Password: password})
	if err != nil {
		r.t.Fatal(err)
	}
	return staff
}

func (r *room) login(name, pass, address string) error {
	_, err := r.Login(r.t.Context(), review.Attempt{Name: name, Password: pass, Address: address})
	return err
}

func TestSigningInWithNameAndPassword(t *testing.T) {
	r := newRoom(t, openDB(t))
	want := r.account("王老师")
	if !strings.HasPrefix(want.PasswordHash, "$argon2id$v=19$m=47104,t=2,p=1$") {
		t.Errorf("stored as %.40q", want.PasswordHash)
	}
	got, err := r.Login(t.Context(), review.Attempt{Name: " 王老师 ", Password: password, Address: "10.0.0.1"})
	if err != nil || got.ID != want.ID {
		t.Fatalf("staff %d, %v", got.ID, err)
	}
	for _, wrong := range [][2]string{{"王老师", password + "!"}, {"王老师", ""}, {"无此人", password}, {"无此人", ""}, {"", ""}, {"王老师", strings.Repeat("x", 5000)}} {
		if err := r.login(wrong[0], wrong[1], "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	if err := r.DB.SetStaffDisabled(t.Context(), want.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := r.login("王老师", password, "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
		t.Errorf("a disabled account: %v", err)
	}
}

func TestADamagedHashFitsNothing(t *testing.T) {
	r := newRoom(t, openDB(t))
	good := r.account("王老师").PasswordHash
	for i, hash := range []string{"", "x", "$argon2id$", strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "m=47104", "m=4294967295", 1), strings.Replace(good, "t=2", "t=0", 1), good[:len(good)-30], good + "$"} {
		name := fmt.Sprintf("坏账号%d", i)
		if _, err := r.DB.AddStaff(t.Context(), intake.Staff{Name: name, Role: intake.RoleArea, PasswordHash: hash}); err != nil {
			t.Fatal(err)
		}
		if err := r.login(name, password, "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
			t.Errorf("%.30q: %v", hash, err)
		}
	}
}

func TestWrongTriesAreLimitedPerPersonAndAddress(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	r.account("王老师")
	for range 10 {
		if err := r.login("王老师", "wrong", "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
			t.Fatal(err)
		}
	}
	if err := r.login("王老师", password, "10.0.0.1"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("the eleventh try: %v", err)
	}
	r.clock = r.clock.Add(15*time.Minute + time.Second)
	if err := r.login("王老师", password, "10.0.0.1"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestASuccessForgetsThePairsWrongTries(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	r.account("王老师")
	for range 2 {
		for range 9 {
			if err := r.login("王老师", "wrong", "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
				t.Fatal(err)
			}
		}
		if err := r.login("王老师", password, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGuessingCannotLockOutAPersonOrAnOffice(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	r.account("王老师")
	r.account("新同事")
	if err := r.login("王老师", password, "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	r.guess("王老师", 3, 10) // from other addresses, until the name is used up
	if err := r.login("王老师", password, "10.9.9.9"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("from an unknown address the name is used up: %v", err)
	}
	if err := r.login("王老师", password, "10.0.0.1"); err != nil {
		t.Errorf("from the usual desk: %v", err)
	}
	for i := range 60 { // somebody in the office tries many names
		if err := r.login(fmt.Sprintf("无此人%d", i), "wrong", "10.0.0.1"); !errors.Is(err, review.ErrBadLogin) {
			t.Fatal(err)
		}
	}
	if err := r.login("新同事", password, "10.0.0.1"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("somebody unknown at this address has to wait: %v", err)
	}
	if err := r.login("王老师", password, "10.0.0.1"); err != nil {
		t.Errorf("who signed in here before does not: %v", err)
	}
}

// One address for a whole office, as behind a router.
func TestNobodyAtTheNextDeskLocksAnOfficeOut(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	const address = "203.0.113.7"
	in := func(name, pass, device string) error {
		_, err := r.Login(t.Context(), review.Attempt{Name: name, Password: pass, Address: address, Device: device})
		return err
	}
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("老师%d", i))
		r.account(names[i])
	}
	// The first morning: forty people with passwords on slips of paper, each mistypes twice.
	for i, name := range names {
		for range 2 {
			if err := in(name, "mistyped", fmt.Sprint("device", i)); !errors.Is(err, review.ErrBadLogin) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := in(name, password, fmt.Sprint("device", i)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	// One of them tries to lock out everybody else, for hours.
	for range 3 {
		for _, name := range names {
			for range 12 {
				if err := in(name, "wrong", "guesser"); !errors.Is(err, review.ErrBadLogin) && !errors.Is(err, review.ErrTooMany) {
					t.Fatal(err)
				}
			}
		}
		for i, name := range names {
			if err := in(name, password, fmt.Sprint("device", i)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.clock = r.clock.Add(10 * time.Minute)
	}
	if err := in(names[0], password, "guesser"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("the guesser may go on: %v", err)
	}
	// What a browser is known by gives no more tries than an address does, and only to its own name.
	for range 10 {
		if err := in(names[1], "wrong", "device1"); !errors.Is(err, review.ErrBadLogin) {
			t.Fatal(err)
		}
	}
	if err := in(names[1], password, "device1"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("a stolen browser guesses on: %v", err)
	}
	if err := in(names[2], password, "device1"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("another's browser is believed: %v", err)
	}
}

func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.HashCheaply()
	r.account("王老师")
	for i := range 10 {
		if err := r.login("王老师", "wrong", fmt.Sprintf("2001:db8:1:2::%x", i)); !errors.Is(err, review.ErrBadLogin) {
			t.Fatal(err)
		}
	}
	if err := r.login("王老师", password, "2001:db8:1:2:ffff::1"); !errors.Is(err, review.ErrTooMany) {
		t.Errorf("the same network: %v", err)
	}
	if err := r.login("王老师", password, "2001:db8:1:3::1"); err != nil {
		t.Errorf("another network: %v", err)
	}
}

func (r *room) guess(name string, addresses, each int) {
	r.t.Helper()
	for a := range addresses {
		for range each {
			if err := r.login(name, "wrong", fmt.Sprintf("10.1.0.%d", a)); !errors.Is(err, review.ErrBadLogin) {
				r.t.Fatal(err)
			}
		}
	}
}

func TestAccountsAreChecked(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.account("王老师")
	for _, test := range []struct {
		name string
		n    review.NewStaff
		want error
	}{
		{"short name", review.NewStaff{Name: "a", Role: intake.RoleArea, Password: password}, review.ErrStaffName},
		{"control character", review.NewStaff{Name: "a\x1bb", Role: intake.RoleArea, Password: password}, review.ErrStaffName},
		{"short password", review.NewStaff{Name: "abc", Role: intake.RoleArea, Password: "123456789"}, review.ErrStaffPassword},
		{"password is the name", review.NewStaff{Name: "wang-laoshi", Role: intake.RoleArea, Password: "WANG-laoshi"}, review.ErrStaffPassword},
		{"no role", review.NewStaff{Name: "abc", Password: password}, review.ErrStaffRole},
		{"unknown site", review.NewStaff{Name: "abc", Role: intake.RoleSite, Site: "S9", Password: password}, review.ErrStaffSite},
		{"site role without site", review.NewStaff{Name: "abc", Role: intake.RoleSite, Password: password}, review.ErrStaffSite},
		{"area role with site", review.NewStaff{Name: "abc", Role: intake.RoleArea, Site: "S1", Password: password}, review.ErrStaffSite},
		{"name taken", review.NewStaff{Name: "王老师", Role: intake.RoleArea, Password: password}, intake.ErrConflict},
	} {
		if _, err := r.AddStaff(t.Context(), test.n); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
