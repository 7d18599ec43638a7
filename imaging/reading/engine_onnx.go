//go:build reading && cgo

package reading

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

const built = true

// environment is the runtime's, which a process has once.
var environment sync.Mutex

// onnx runs the models in this process, on one thread each call: the other processors belong to
// those who wait for an answer.
type onnx struct{ find, spell *ort.DynamicAdvancedSession }

func openEngine(dir string) (engine, error) {
	environment.Lock()
	defer environment.Unlock()
	if !ort.IsInitialized() {
		ort.SetSharedLibraryPath(filepath.Join(dir, fileRuntime))
		if err := ort.InitializeEnvironment(); err != nil {
			return nil, fmt.Errorf("ONNX Runtime: %w", err)
		}
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime: %w", err)
	}
	defer options.Destroy()
	if err := errors.Join(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1)); err != nil {
		return nil, fmt.Errorf("ONNX Runtime: %w", err)
	}
	e := new(onnx)
	if e.find, err = session(filepath.Join(dir, fileDetect), options); err != nil {
		return nil, err
	}
	if e.spell, err = session(filepath.Join(dir, fileRead), options); err != nil {
		return nil, errors.Join(err, e.find.Destroy())
	}
	return e, nil
}

// session loads a model of one input and one output.
func session(path string, options *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
	in, out, err := ort.GetInputOutputInfo(path)
	if err == nil && (len(in) != 1 || len(out) != 1) {
		err = fmt.Errorf("%d inputs and %d outputs", len(in), len(out))
	}
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", filepath.Base(path), err)
	}
	s, err := ort.NewDynamicAdvancedSession(path, []string{in[0].Name}, []string{out[0].Name}, options)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", filepath.Base(path), err)
	}
	return s, nil
}

func (e *onnx) detect(in []float32, h, w int) ([]float32, error) {
	out, shape, err := run(e.find, in, h, w)
	if err == nil && (len(shape) != 4 || len(out) != h*w) {
		err = fmt.Errorf("detecting model answers %v to %d×%d", shape, h, w)
	}
	return out, err
}

func (e *onnx) read(in []float32, w int) ([]float32, int, int, error) {
	out, shape, err := run(e.spell, in, lineHeight, w)
	if err != nil {
		return nil, 0, 0, err
	}
	if len(shape) != 3 || int64(len(out)) != shape[1]*shape[2] {
		return nil, 0, 0, fmt.Errorf("reading model answers %v", shape)
	}
	return out, int(shape[1]), int(shape[2]), nil
}

// run copies the answer: the runtime's own memory is let go of at once.
func run(s *ort.DynamicAdvancedSession, in []float32, h, w int) ([]float32, ort.Shape, error) {
	input, err := ort.NewTensor(ort.NewShape(1, 3, int64(h), int64(w)), in)
	if err != nil {
		return nil, nil, err
	}
	defer input.Destroy()
	outputs := []ort.Value{nil}
	if err := s.Run([]ort.Value{input}, outputs); err != nil {
		return nil, nil, err
	}
	defer outputs[0].Destroy()
	tensor, ok := outputs[0].(*ort.Tensor[float32])
	if !ok {
		return nil, nil, fmt.Errorf("the model answers in %T", outputs[0])
	}
	return append([]float32(nil), tensor.GetData()...), tensor.GetShape(), nil
}

func (e *onnx) close() error { return errors.Join(e.find.Destroy(), e.spell.Destroy()) }
