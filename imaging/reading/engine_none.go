//go:build !reading || !cgo

package reading

const built = false

func openEngine(string) (engine, error) { return nil, ErrNotBuilt }
