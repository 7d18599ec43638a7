// Package browsertest drives a real browser in tests.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Window is a tab of a browser of its own: nobody else's cookies.
type Window struct {
	t   *testing.T
	ctx context.Context
}

// patience is how long a page may take to become what the test waits for; these machines are slow.
const patience = 30 * time.Second

// Open starts the browser named by CAILIAO_TEST_CHROMIUM. Without one, and with -short, the test
// is skipped, unless CAILIAO_TEST_ENGINES=all wants everything. The test fails on any script
// error and on anything the page's content policy blocks.
func Open(t *testing.T) *Window {
	t.Helper()
	path := os.Getenv("CAILIAO_TEST_CHROMIUM")
	switch {
	case testing.Short():
		t.Skip("needs a browser: not in -short")
	case path == "" && os.Getenv("CAILIAO_TEST_ENGINES") == "all":
		t.Fatal("CAILIAO_TEST_CHROMIUM is empty, but CAILIAO_TEST_ENGINES wants everything")
	case path == "":
		t.Skip("needs a browser: name it in CAILIAO_TEST_CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "zh-CN"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it, without a limit on its life
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	w := &Window{t: t, ctx: ctx}
	w.watch()
	return w
}

func (w *Window) watch() {
	messages := chromedp.Console(w.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if text := m.String(); strings.Contains(text, "Content Security Policy") || strings.Contains(text, "Uncaught") {
				w.t.Errorf("console: %s", text)
			}
		}
	}()
}

// Do takes steps one after the other.
func (w *Window) Do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

// Size makes the window this large, in CSS pixels.
func (w *Window) Size(width, height int64) { w.Do(chromedp.EmulateViewport(width, height)) }

// Phone makes the window a phone: 390×844, touch.
func (w *Window) Phone() {
	w.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
}

// Go opens an address.
func (w *Window) Go(url string) {
	w.t.Helper()
	w.Do(chromedp.Navigate(url))
}

// Click clicks what a CSS selector finds, once it is visible.
func (w *Window) Click(selector string) {
	w.t.Helper()
	w.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Type types into what a CSS selector finds; "\r" is Enter.
func (w *Window) Type(selector, text string) {
	w.t.Helper()
	w.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Keys presses keys one after the other, wherever the focus is.
func (w *Window) Keys(keys string) {
	w.t.Helper()
	w.Do(chromedp.KeyEvent(keys))
}

// Press presses one key the way a keyboard does: a key that a script takes for itself types no
// character, as it does with Keys. code is the key's place, e.g. KeyM.
func (w *Window) Press(code string) {
	w.t.Helper()
	w.press(code, 0)
}

// Shift presses one key while Shift is held.
func (w *Window) Shift(code string) {
	w.t.Helper()
	w.press(code, 8) // what the browser's protocol calls Shift
}

func (w *Window) press(code string, modifiers int64) {
	w.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		params := input.DispatchKeyEventParams{Type: kind, Code: code, Key: code, Modifiers: modifiers}
		if _, err := chromedp.Call(w.ctx, input.DispatchKeyEvent, params); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Files chooses files in a file input.
func (w *Window) Files(selector string, paths ...string) {
	w.t.Helper()
	w.Do(chromedp.SetUploadFiles(chromedp.CSS(selector), paths, chromedp.NodeReady))
}

// Until waits for a JavaScript condition; what says it in words.
func (w *Window) Until(what, condition string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		// A page that is being replaced answers with an error: asking again is the answer.
		ok, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			seen, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string]("location.pathname + ' ' + document.body.innerText.slice(0, 800)"))
			w.t.Fatalf("not until the deadline: %s (%v)\n%s", what, err, seen)
		}
	}
}

// Value evaluates a JavaScript expression to a string.
func (w *Window) Value(expression string) string {
	w.t.Helper()
	value, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		w.t.Fatal(err)
	}
	return value
}

// Shot saves what the window shows as name.png in the folder CAILIAO_SCREENSHOTS, for the
// documents and for looking at; without the variable it does nothing.
func (w *Window) Shot(name string) {
	w.t.Helper()
	dir := os.Getenv("CAILIAO_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatal(fmt.Errorf("screenshot %s: %w", name, err))
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// Dark makes the window prefer dark colours.
func (w *Window) Dark() {
	w.t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, params); err != nil {
		w.t.Fatal(err)
	}
}
