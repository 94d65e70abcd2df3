package report

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/internal/reason"
	"mmapbench/report/document"
	"mmapbench/results"
)

// A Source is a run file whose trials go into a CSV.
type Source struct {
	File    string // the name that was given to this program
	Summary *analysis.Summary
	Trials  iter.Seq2[*results.Trial, error]
}

// Trials makes a table with a row for each trial of the runs, and all that was
// measured: for CSV. The columns are those of the trials of all the runs together.
func Trials(sources ...Source) *document.Table {
	columns, counters := trialColumns(labelKeys(sources)), counterKeys(sources)
	table := &document.Table{Name: "trials", Stream: func(yield func(document.Row, error) bool) {
		row := make(document.Row, len(columns)+len(counters))
		places := counterPlaces(counters)
		for _, source := range sources {
			for one, err := range source.Trials {
				if err != nil {
					yield(nil, err)
					return
				}
				t := trial{one, &source.Summary.Header.Plan.Arms[one.Arm], &source}
				for i, c := range columns {
					row[i].Value = c.of(&t)
				}
				for i, at := range places(t.Counters.Keys) {
					row[len(columns)+i].Value = nil
					if at >= 0 && t.Counters.Values[at] != results.Unread {
						row[len(columns)+i].Value = t.Counters.Values[at]
					}
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}}
	for _, c := range columns {
		table.Columns = append(table.Columns, document.Column{Key: c.key})
	}
	for _, c := range counters {
		table.Columns = append(table.Columns, document.Column{Key: "counter_" + c.Phase + "_" + c.Name})
	}
	return table
}

// counterPlaces finds where in a trial's counters those of the columns are; -1: the trial
// lacks one. Trials with the same counters share their keys, which are searched once.
func counterPlaces(columns []results.CounterKey) func(keys []results.CounterKey) []int {
	known := map[*results.CounterKey][]int{}
	return func(keys []results.CounterKey) []int {
		var first *results.CounterKey
		if len(keys) > 0 {
			first = &keys[0]
		}
		if len(known) > 100 { // trials of other programs that share none
			clear(known)
		}
		if known[first] == nil {
			known[first] = make([]int, len(columns))
			for i, c := range columns {
				known[first][i] = slices.Index(keys, c)
			}
		}
		return known[first]
	}
}

// A trial is a row of the table.
type trial struct {
	*results.Trial
	arm    *results.Arm
	source *Source
}

// A trialColumn has a name and a value.
type trialColumn struct {
	key string
	of  func(*trial) any
}

// trialColumns are the columns but for the counters: where the trial is from, what
// was tried, what came of it, and then every field of the trial by its name in the
// run file.
func trialColumns(labels []string) []trialColumn {
	columns := []trialColumn{
		{"file", func(t *trial) any { return t.source.File }},
		{"experiment", func(t *trial) any { return t.source.Summary.Header.Plan.Name }},
		{"seed", func(t *trial) any { return t.source.Summary.Header.Plan.Seed }},
		{"machine", func(t *trial) any { return t.source.Summary.Header.Host.MachineName() }},
		{"device", func(t *trial) any { return t.source.Summary.Header.Host.DeviceName(t.arm.Target) }},
	}
	for _, key := range labels {
		columns = append(columns, trialColumn{"label_" + key, func(t *trial) any {
			if value, ok := t.source.Summary.Header.Labels[key]; ok {
				return value
			}
			return nil
		}})
	}
	for _, f := range results.Factors {
		columns = append(columns, trialColumn{f.Key, func(t *trial) any { return f.Value(t.arm) }})
	}
	columns = append(columns,
		trialColumn{"bytes", func(t *trial) any { return t.arm.Bytes }},
		trialColumn{"usable", func(t *trial) any { return t.Usable() }},
		trialColumn{"accesses", func(t *trial) any {
			if laps := t.lapsOfWork(); laps > 0 && t.Accesses == 0 {
				return int64(math.Round(laps * float64(t.arm.Ops)))
			} else if laps > 0 {
				return t.Accesses
			}
			return nil
		}},
		trialColumn{"total_ns_per_lap", func(t *trial) any {
			if laps := t.lapsOfWork(); laps > 0 {
				return int64(float64(t.Total()) * float64(t.Laps) / laps)
			}
			return nil
		}})
	for _, f := range fieldsOf(reflect.TypeFor[results.Trial](), "", nil) {
		columns = append(columns, trialColumn{f.key, func(t *trial) any {
			return f.value(reflect.ValueOf(t.Trial).Elem())
		}})
	}
	return columns
}

// labelKeys lists the keys of all labels that a run has.
func labelKeys(sources []Source) []string {
	all := results.Labels{}
	for _, s := range sources {
		maps.Copy(all, s.Summary.Header.Labels)
	}
	return all.Keys()
}

// lapsOfWork is how many laps of the arm's work were done; 0 without a measurement.
func (t *trial) lapsOfWork() float64 {
	if t.Error != nil || t.Laps <= 0 {
		return 0
	}
	return analysis.Laps(t.Trial, *t.arm)
}

// notInCSV are the fields of a trial that are no value of one column, or that a column
// made for them gives better.
var notInCSV = []string{"type", "ops", "accesses", "bytes", "lap_ns", "lap_times_ns", "lap_every", "series", "counters",
	"leftovers", "latency_histogram", "sync_latency_histogram",
	"error_stack", "cache_want", "cache_reason", "counter_reasons"}

// A field is a place in a trial.
type field struct {
	key  string
	path []int
}

// fieldsOf lists the fields of a struct of the run file. A field of a struct within
// the struct is called after both.
func fieldsOf(t reflect.Type, prefix string, path []int) (list []field) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		key, at := name, append(slices.Clone(path), f.Index...)
		if !strings.HasPrefix(name, prefix) { // "device_read" of "device" says it already
			key = prefix + name
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case slices.Contains(notInCSV, key):
		case inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]():
			list = append(list, fieldsOf(inner, key+"_", at)...)
		default:
			list = append(list, field{key, at})
		}
	}
	return list
}

// value is the field of a trial; nil where the trial lacks it. Lists are one text.
func (f *field) value(trial reflect.Value) any {
	v, err := trial.FieldByIndexErr(f.path)
	if err != nil { // a struct on the way is not there
		return nil
	}
	switch v := v.Interface().(type) {
	case []string:
		return strings.Join(v, ";")
	case []reason.Reason:
		return reason.Words(v)
	case map[string]string:
		return joined(v)
	case map[string]reason.Reason:
		return joined(v)
	default:
		return v
	}
}

func joined[V any](m map[string]V) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprint(key, ": ", m[key]))
	}
	return strings.Join(parts, ";")
}

// counterKeys lists the counters that occur in the trials: by phase, and within a
// phase in the order of the headers' metrics, counters that no header names last. The
// order of the trials makes no difference.
func counterKeys(sources []Source) []results.CounterKey {
	phases, names := append(slices.Clone(results.PhaseNames), results.WholeLap), []string{}
	seen := make(map[results.CounterKey]bool)
	for _, source := range sources {
		for _, m := range source.Summary.Header.Metrics {
			names = append(names, m.Name)
		}
		for _, k := range source.Summary.CounterKeys {
			seen[k] = true
		}
	}
	rank := func(list []string, s string) int {
		if i := slices.Index(list, s); i >= 0 {
			return i
		}
		return len(list)
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b results.CounterKey) int {
		return cmp.Or(rank(phases, a.Phase)-rank(phases, b.Phase), strings.Compare(a.Phase, b.Phase),
			rank(names, a.Name)-rank(names, b.Name), strings.Compare(a.Name, b.Name))
	})
}
