package storage_test

import (
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// Without this somebody whose telephone was set up under the first key could never sign in again.
func TestKeysOfOneTimeCodesOutliveTheKeyTheyWereSealedWith(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		ctx := t.Context()
		keys := seal.Fixed(must(seal.NewRing())(t))
		db := must(storage.Open(ctx, config, keys))(t)
		defer db.Close()
		ok(t, db.Migrate(ctx))
		s := must(db.AddStaff(ctx, intake.Staff{Name: "王老师", Role: intake.RoleAdmin, CreatedAt: t0}))(t)
		s.TOTPSecret, s.TOTPSince = "JBSWY3DPEHPK3PXP", t0
		ok(t, db.SaveStaff(ctx, s))
		if strings.Contains(dump(t, db), s.TOTPSecret) {
			t.Error("the dump holds the key")
		}
		keys.Use(must(must(keys.Ring().Added())(t).Promoted())(t))
		must(db.Reseal(ctx, func(string, int) {}))(t)
		keys.Use(must(keys.Ring().Retired())(t))
		same(t, must(db.StaffByID(ctx, s.ID))(t), s)
	})
}
