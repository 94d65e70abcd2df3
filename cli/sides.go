//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mmapbench/command"
	"mmapbench/harness"
	"mmapbench/internal/spelling"
	"mmapbench/io/backend"
	"mmapbench/results"
)

// sides are the two of a gate.
type sides struct {
	factor      string // results.GateBinary, …
	base, fresh string
	workers     map[string][]string // the worker commands of binaries; the key is the side

	baseSpeaks, freshSpeaks harness.Speech // what the workers of two binaries say of themselves
}

// understand refuses a plan that one of two binaries could not carry out.
func (s sides) understand(p *results.Plan) error {
	if s.factor != results.GateBinary {
		return nil
	}
	if err := s.baseSpeaks.Understands(p); err != nil {
		return fmt.Errorf("--base: %s: %w", s.base, err)
	}
	if err := s.freshSpeaks.Understands(p); err != nil {
		return fmt.Errorf("--new: %s: %w", s.fresh, err)
	}
	return nil
}

// parseSides finds out what the sides are. Both must be of one kind.
func (a *app) parseSides(base, fresh, shell string) (s sides, err error) {
	baseKind, b, err := a.parseSide(base, shell)
	if err != nil {
		return s, fmt.Errorf("--base: %w", err)
	}
	newKind, n, err := a.parseSide(fresh, shell)
	if err != nil {
		return s, fmt.Errorf("--new: %w", err)
	}
	if baseKind != newKind {
		return s, fmt.Errorf("the sides are of two kinds, %s and %s: name both of one kind, as in binary:FILE, "+
			"target:DIR, backend:NAME or exec:COMMAND", baseKind, newKind)
	}
	s = sides{factor: baseKind, base: b, fresh: n}
	if s.factor == results.GateBinary {
		old, fresh := []string{b, "worker"}, []string{n, "worker"}
		if s.baseSpeaks, err = harness.Ask(old); err != nil {
			return s, fmt.Errorf("--base: %w", err)
		}
		if s.freshSpeaks, err = harness.Ask(fresh); err != nil {
			return s, fmt.Errorf("--new: %w", err)
		}
		s.workers = map[string][]string{results.SideBase: old, results.SideControl: old, results.SideNew: fresh}
	}
	return s, nil
}

// parseSide finds out what one side is, unless it is said.
func (a *app) parseSide(text, shell string) (kind, value string, err error) {
	for _, k := range sideKinds {
		if v, ok := strings.CutPrefix(text, k+":"); ok {
			v, err := a.checkSide(k, v, shell)
			return k, v, err
		}
	}
	var why strings.Builder
	for _, k := range sideKinds {
		v, err := a.checkSide(k, text, shell)
		if err == nil {
			return k, v, nil
		}
		fmt.Fprintf(&why, "\n  %v", err)
	}
	return "", "", fmt.Errorf("%q is no side of a gate:%s\nsay which is meant, as in binary:FILE, target:DIR, "+
		"backend:NAME or exec:COMMAND",
		text, &why)
}

// elsewhere says where a workload may be that this program does not have: the
// plan and the sums to be expected are made here, also for two other builds.
func (s sides) elsewhere(err error) error {
	if u, ok := errors.AsType[*spelling.UnknownError](err); ok && u.What == "workload" &&
		s.factor == results.GateBinary {
		return fmt.Errorf("%w; if the sides have it, start the gate from a build that has it: %s gate …", err, s.fresh)
	}
	return err
}

// checkSide returns the side in full, or why it is not of the kind.
func (a *app) checkSide(kind, text, shell string) (string, error) {
	switch kind {
	case results.GateBinary:
		return ourBinary(text)
	case results.GateTarget:
		st, err := os.Stat(text)
		if err != nil {
			return "", fmt.Errorf("no target: %w", cannotStat("folder", text, err))
		}
		if !st.IsDir() {
			return "", fmt.Errorf("no target: %s is not a folder", text)
		}
		return filepath.Abs(text)
	case results.GateBackend:
		b, options, err := a.catalogue.Backend(text)
		if err != nil {
			return "", fmt.Errorf("no backend: %w", err)
		}
		return backend.Join(b.Info().Name, options), nil
	}
	if _, err := command.ShellFor(text, shell); err != nil {
		return "", fmt.Errorf("no command: %w", err)
	}
	return text, nil
}

// cannotStat says in plain words that there is nothing of the name.
func cannotStat(what, path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no %s %s", what, path)
	}
	return err
}

// askVersion bounds how long a program may take to print its version.
const askVersion = 5 * time.Second

// ourBinary returns the path of a program that is built on mmapbench: one that
// answers to "version" as this one does.
func ourBinary(path string) (string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("no binary: %w", cannotStat("file", path, err))
	}
	if !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return "", fmt.Errorf("no binary: %s is not an executable file", path)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askVersion)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "mmapbench ") {
		return "", fmt.Errorf("no binary: %s does not answer to \"version\" as a program built on mmapbench does", path)
	}
	return path, nil
}
