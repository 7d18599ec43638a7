package bot

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"

	"rsc.io/qr"

	"cailiao/intake"
	"cailiao/templates"
	"cailiao/wechat"
)

// Coder makes personal QR codes: scanning one binds whoever scans it to its candidate, once, until
// a time. Nothing but the scene, which only we can read, leaves the house.
type Coder struct {
	Account *wechat.Account
	Secret  []byte           // signs scenes
	Now     func() time.Time // nil: time.Now
}

const (
	codersAtOnce = 6 // calls to WeChat side by side
	quietZone    = 4 // modules around a code
)

func (k Coder) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}

// Codes makes a code for each of these candidates, in their order.
func (k Coder) Codes(ctx context.Context, candidates []intake.Candidate, until time.Time) ([]templates.Code, error) {
	codes := make([]templates.Code, len(candidates))
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next := make(chan int)
	var working sync.WaitGroup
	for range min(codersAtOnce, len(candidates)) {
		working.Go(func() {
			for i := range next {
				var err error
				if codes[i], err = k.code(ctx, candidates[i], until); err != nil {
					fail(err) // the first one counts: the others would fail the same way, and cost calls
				}
			}
		})
	}
	for i := range candidates {
		next <- i
	}
	close(next)
	working.Wait()
	return codes, context.Cause(ctx)
}

func (k Coder) code(ctx context.Context, c intake.Candidate, until time.Time) (templates.Code, error) {
	if ctx.Err() != nil {
		return templates.Code{}, context.Cause(ctx)
	}
	var salt [4]byte
	rand.Read(salt[:])
	scene := Scene(k.Secret, c.ID, until, binary.BigEndian.Uint32(salt[:]))
	made, err := k.Account.CreateQR(ctx, scene, until.Sub(k.now()))
	if err != nil {
		return templates.Code{}, err
	}
	drawn, err := qr.Encode(made.URL, qr.M)
	if err != nil {
		return templates.Code{}, fmt.Errorf("draw code: %w", err)
	}
	return templates.Code{Number: c.Number, Name: c.MaskedName(), Size: drawn.Size + 2*quietZone, Path: outline(drawn)}, nil
}

// outline draws a code as the path of an SVG, a bar for each run of dark modules.
func outline(code *qr.Code) string {
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, run, run)
				x += run
			}
		}
	}
	return b.String()
}
