package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/workloads"
)

// Split divides a list of levels of a factor that was typed, such as "4k,64k". Backends
// and workloads may have options: "pread,mmap:private,populate,read".
func Split(c workloads.Catalogue, f *results.Factor, text string) (List, error) {
	list, err := splitList(text)
	switch {
	case err != nil:
	case f.Key == "backend":
		return joinOptions("backend", c.BackendNames(), list)
	case f.Key == "workload":
		return joinOptions("workload", c.WorkloadNames(), list)
	}
	return list, err
}

// joinOptions puts options that a comma cut off back in their place: a part begins
// something new exactly when the text before its colon is a name.
func joinOptions(what string, names []string, parts List) (out List, err error) {
	for _, part := range parts {
		name, _, hasOptions := strings.Cut(part, ":")
		switch {
		case slices.Contains(names, name) || hasOptions || len(out) == 0:
			out = append(out, part)
		case !strings.Contains(out[len(out)-1], ":"):
			// "pread,mmpa": not an option, since no options have begun.
			return nil, spelling.Unknown(what, part, names)
		default:
			out[len(out)-1] += "," + part
		}
	}
	return out, nil
}

// splitList divides "4k,64k" into levels.
func splitList(text string) (List, error) {
	out := List(strings.Split(text, ","))
	for i, s := range out {
		if out[i] = strings.TrimSpace(s); out[i] == "" {
			return nil, fmt.Errorf("list %q has an empty element", text)
		}
	}
	return out, nil
}

// A level is one value of a factor, read and checked. Numbers that are not positive
// stand for a rule of the planner.
type level struct {
	word   string
	number int64
}

// Numbers of accesses that stand for a rule.
const (
	opsAuto = 0
	opsAll  = -1
)

// readLevel reads a level of a factor.
func readLevel(c workloads.Catalogue, f *results.Factor, text string) (l level, err error) {
	l.word = text
	switch f.Key {
	case "workload":
		w, err := c.Workload(text)
		if err == nil && w.Info().Kind == workloads.Runs { // commands are no level
			err = spelling.Unknown("workload", text, c.WorkloadNames())
		}
		if err != nil {
			return l, err
		}
		return level{word: w.Info().Name}, nil
	case "backend":
		b, err := choose(c, text)
		return level{word: b.name}, err
	case "sync":
		l.word, _, err = results.ParseSync(text)
		return l, err
	case "size":
		l.number, err = fileSize(text)
		return l, err
	case "ops":
		l.number, err = count(text)
		return l, err
	}
	switch {
	case f.Unit == results.Bytes:
		l.number, err = units.ParseSize(text)
	case f.IsNumber():
		l.number, err = strconv.ParseInt(text, 10, 64)
		if err != nil || l.number < 1 {
			err = fmt.Errorf("%q: want a whole number of at least 1", text)
		}
	case f.Levels != nil && !slices.Contains(f.Levels, text):
		err = spelling.Unknown(f.Called(), text, f.Levels)
	}
	return l, err
}

// Canonical returns a level as run files have it. Only backends and workloads are typed in
// several ways.
func Canonical(c workloads.Catalogue, f *results.Factor, text string) (string, error) {
	if f.Key != "backend" && f.Key != "workload" {
		return text, nil
	}
	l, err := readLevel(c, f, text)
	return l.word, err
}

// fileSize reads a size of the file: "auto" is 0 and "auto/4" is -4, a quarter of what
// is chosen, for workloads that write.
func fileSize(text string) (int64, error) {
	if text == Auto {
		return 0, nil
	}
	if part, ok := strings.CutPrefix(text, Auto+"/"); ok {
		n, err := strconv.ParseInt(part, 10, 16)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("%q: want %s/N with a small whole number N", text, Auto)
		}
		return -n, nil
	}
	return units.ParseSize(text)
}

// count reads a number of accesses.
func count(text string) (int64, error) {
	switch text {
	case Auto:
		return opsAuto, nil
	case All:
		return opsAll, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), n > results.MaxOps:
		return 0, fmt.Errorf("%q is too large: at most %d", text, int64(results.MaxOps))
	case err != nil || n <= 0:
		return 0, fmt.Errorf("%q: want a count of at least 1, %q or %q", text, All, Auto)
	}
	return n, nil
}
