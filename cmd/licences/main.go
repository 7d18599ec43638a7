// Command licences writes docs/licences.md: the modules whose code is in the program, with the
// licence each comes under, read from the module cache.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(filepath.Join("docs", "licences.md")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// module is one as `go list` tells it.
type module struct {
	Path, Version, Dir string
	Main               bool
}

func run(path string) error {
	page, err := page()
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

// page is docs/licences.md as it should be.
func page() (string, error) {
	modules, err := inProgram()
	if err != nil {
		return "", err
	}
	var page strings.Builder
	page.WriteString("# Licences\n\nModules whose code is in the program (with reading built in), made by `go run ./cmd/licences`.\n\n| module | version | licence |\n| --- | --- | --- |\n")
	var unknown []string
	for _, m := range modules {
		name := licenceOf(m.Dir)
		if name == "" {
			unknown = append(unknown, m.Path)
		}
		fmt.Fprintf(&page, "| %s | %s | %s |\n", m.Path, m.Version, name)
	}
	if len(unknown) > 0 {
		return "", fmt.Errorf("no licence known to us: %s", strings.Join(unknown, ", "))
	}
	return page.String(), nil
}

func inProgram() ([]module, error) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "reading", "-json=Module", "cailiao").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []module
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct{ Module *module }
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main && !slices.Contains(all, *p.Module) {
			all = append(all, *p.Module)
		}
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// words by which a licence is known; the first that fits.
var words = []struct{ name, all string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License, version 2.0"},
	{"BSD-3-Clause", "Redistribution and use in source and binary forms;Neither the name"},
	{"BSD-3-Clause", "Redistribution and use in source and binary forms;endorse or promote products"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"ISC", "Permission to use, copy, modify, and distribute this software"},
	{"FTL or GPL-2.0", "choice of exactly one of the following two licenses: * The FreeType License"},
}

func licenceOf(dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "[LlCc][IiOo][CcPp][EeYy]*"))
	if err != nil {
		return ""
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, w := range words {
			if !slices.ContainsFunc(strings.Split(w.all, ";"), func(part string) bool { return !strings.Contains(flat, part) }) {
				return w.name
			}
		}
	}
	return ""
}
