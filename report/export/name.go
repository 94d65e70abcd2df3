package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mmapbench/results"
)

// factor is one factor of an arm with its level.
type factor struct{ key, value string }

// names are the factors in the order in which they stand in names. Programs that keep
// benchmarks tell them apart by name, so that the order must stay; factors that are not
// here come last.
var names = []string{"workload", "backend", "cache", "target", "consumer", "durability", "sync", "side", "record",
	"ops", "size"}

// factors lists the factors of an arm that have a level, the workload first: all that
// tells the arm from others, of other runs too.
func factors(a results.Arm) []factor {
	place := func(f *results.Factor) int {
		if i := slices.Index(names, f.Key); i >= 0 {
			return i
		}
		return len(names)
	}
	ordered := slices.Clone(results.Factors)
	slices.SortStableFunc(ordered, func(a, b *results.Factor) int { return place(a) - place(b) })
	var out []factor
	for _, f := range ordered {
		// The number of accesses may have been chosen by the device's speed: laps
		// of different numbers are different work, and must not share a name.
		if f.Key == "ops" && a.Ops*a.Record == a.Size {
			continue
		}
		if label := f.Label(&a); label != "" {
			out = append(out, factor{f.Key, label})
		}
	}
	return out
}

// armName writes "Seqscan/backend=mmap/cache=cold/record=64k", as Go's
// benchmarks are named after their "Benchmark". No two arms share one.
func armName(a results.Arm) string {
	var b strings.Builder
	for _, f := range factors(a) {
		if f.key == "workload" {
			b.WriteString(escapeName(capital(f.value)))
			continue
		}
		b.WriteString("/" + f.key + "=" + escapeName(f.value))
	}
	return notProcs(b.String())
}

// capital begins a name with a capital letter: "Benchmarkscan" would not be one.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// escapeName writes bytes that a name or one of its parts would end at as
// percent signs with two digits, as URLs do, so that different levels stay
// different.
func escapeName(s string) string {
	var b strings.Builder
	for i, r := range s {
		if n := utf8.RuneLen(r); r == '/' || r == '%' || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
				n = 1 // a byte that is not UTF-8
			}
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// procs is what the readers of Go's format take for GOMAXPROCS.
var procs = regexp.MustCompile(`-([0-9]+)$`)

func notProcs(name string) string { return procs.ReplaceAllString(name, "%2D$1") }
