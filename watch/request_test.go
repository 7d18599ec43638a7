package watch

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestEveryLineOfARequestCarriesItsID(t *testing.T) {
	var out bytes.Buffer
	log := Log(slog.NewJSONHandler(&out, nil))
	ctx := NewRequest(t.Context())
	log.InfoContext(ctx, "first")
	log.With("part", "late").InfoContext(WithRequest(ctx, ""), "second") // no id: the one it has stays
	log.InfoContext(t.Context(), "somebody else's")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	id := `"request":"` + Request(ctx) + `"`
	if len(Request(ctx)) < 10 || !strings.Contains(lines[0], id) || !strings.Contains(lines[1], id) || strings.Contains(lines[2], "request\"") {
		t.Error(out.String())
	}
}

func TestNoMetricsCountNothing(t *testing.T) {
	var m *Metrics
	m.Callback("text", "replied", 1)
	m.Turn("text", "done", 1)
	m.Call("media/get", 0, "", 1)
	m.Stage("decode", 1)
	m.Page("/", 200, 1)
}

func TestMadeUpKindsAreNoLabels(t *testing.T) {
	if known("text") != "text" || known("<script>") != "other" {
		t.Error("a kind WeChat does not have became a label")
	}
}
