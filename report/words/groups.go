package words

import (
	"slices"
	"strings"

	"mmapbench/results"
)

// Factor is a factor that is known to be in the table.
func Factor(key string) *results.Factor {
	f, err := results.FactorOf(key)
	if err != nil {
		panic(err)
	}
	return f
}

// Within are the factors in which the arms of one table may differ beside the backend.
// The groups of a table stand in the order of Within.
var Within = []*results.Factor{Factor("cache"), Factor("record")}

// CompareWithin orders the groups of a table.
func CompareWithin(a, b *results.Arm) int {
	for _, f := range Within {
		if c := f.Compare(a, b); c != 0 {
			return c
		}
	}
	return 0
}

// DifferWithin are the factors of Within in which arms differ.
func DifferWithin(arms []results.Arm) []*results.Factor {
	differing := results.Differing(arms)
	return slices.DeleteFunc(slices.Clone(Within), func(f *results.Factor) bool {
		return !slices.Contains(differing, f)
	})
}

// Shared are phrases of the factors of an arm, but for factors that are named elsewhere.
func Shared(arm results.Arm, but ...*results.Factor) []string {
	return results.Phrases(&arm, slices.DeleteFunc(slices.Clone(results.Factors), func(f *results.Factor) bool {
		return slices.Contains([]string{"target", "workload", "ops"}, f.Key) || slices.Contains(but, f)
	})...)
}

// FileName names a file about one of several tables: after its workload, then the
// levels of the other factors by which tables of that workload differ, and what comes
// last; the target comes first. The tables are given by what their arms share.
func FileName(table results.Arm, all []results.Arm, last ...string) string {
	name := table.Workload
	for _, f := range results.Factors {
		lead := f.Key == "target"
		differs := slices.ContainsFunc(all, func(o results.Arm) bool {
			return (lead || o.Workload == table.Workload) && !f.Same(&o, &table)
		})
		switch {
		case !differs || f.Key == "workload":
		case lead:
			name = f.Label(&table) + "-" + name
		default:
			name += "-" + f.Label(&table)
		}
	}
	name = strings.Join(append([]string{name}, last...), "-")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_.", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.TrimLeft(name, "."))
}
