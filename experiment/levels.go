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

// SplitBackends divides "pread,mmap:private,populate,read" into backends. The
// comma also separates a backend's options, so a part begins a new backend
// exactly when the text before its colon is a backend's name.
func SplitBackends(c workloads.Catalogue, text string) (List, error) {
	names := map[string]bool{}
	for _, n := range c.BackendNames() {
		names[n] = true
	}
	var out List
	for part := range strings.SplitSeq(text, ",") {
		name, _, hasOptions := strings.Cut(part, ":")
		switch {
		case names[name] || hasOptions || len(out) == 0:
			out = append(out, part)
		case !strings.Contains(out[len(out)-1], ":"):
			// "pread,mmpa": not an option, since no options have begun.
			return nil, spelling.Unknown("backend", part, c.BackendNames())
		default:
			out[len(out)-1] += "," + part
		}
	}
	return out, nil
}

// SplitList divides "4k,64k" into levels.
func SplitList(text string) (List, error) {
	out := List(strings.Split(text, ","))
	for i, s := range out {
		if out[i] = strings.TrimSpace(s); out[i] == "" {
			return nil, fmt.Errorf("list %q has an empty element", text)
		}
	}
	return out, nil
}

// or returns the first list that is not empty.
func (l List) or(others ...List) List {
	for _, o := range append([]List{l}, others...) {
		if len(o) > 0 {
			return o
		}
	}
	return nil
}

// and returns the levels that are in both lists, in the order of the first.
func (l List) and(other List) List {
	return slices.DeleteFunc(slices.Clone(l), func(s string) bool { return !slices.Contains(other, s) })
}

// sizes reads every level as a size. Where auto is allowed, "auto" is 0 and
// "auto/4" is -4: a quarter of what is chosen, for workloads that write.
func (l List) sizes(auto bool) ([]int64, error) {
	var out []int64
	for _, s := range l {
		if auto && s == Auto {
			out = append(out, 0)
			continue
		}
		if part, ok := strings.CutPrefix(s, Auto+"/"); auto && ok {
			n, err := strconv.ParseInt(part, 10, 16)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%q: want %s/N with a small whole number N", s, Auto)
			}
			out = append(out, -n)
			continue
		}
		n, err := units.ParseSize(s)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// Counts that stand for a rule.
const (
	opsAuto = 0
	opsAll  = -1
)

// counts reads every level as a number of accesses.
func (l List) counts() ([]int64, error) {
	var out []int64
	for _, s := range l {
		switch s {
		case Auto:
			out = append(out, opsAuto)
			continue
		case All:
			out = append(out, opsAll)
			continue
		}
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange), n > results.MaxOps:
			return nil, fmt.Errorf("%q is too large: at most %d", s, int64(results.MaxOps))
		case err != nil || n <= 0:
			return nil, fmt.Errorf("%q: want a count of at least 1, %q or %q", s, All, Auto)
		}
		out = append(out, n)
	}
	return out, nil
}

// oneOf checks that every level is one of the names.
func (l List) oneOf(name string, known []string) error {
	for _, s := range l {
		if !slices.Contains(known, s) {
			return spelling.Unknown(name, s, known)
		}
	}
	return nil
}
