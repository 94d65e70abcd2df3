package report

import (
	"encoding/csv"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/results"
)

// csvHead is the first part of the CSV's header; for every phase and every one
// of csvPhases a column follows, then csvTail, and then the counters.
var csvHead = []string{"round", "arm", "started", "machine", "target", "device", "workload", "backend",
	"size_bytes", "record_bytes", "ops_per_lap", "bytes_per_lap", "consumer", "cache", "durability",
	"usable", "excluded", "error_kind", "error_text", "laps", "ops", "total_ns_per_lap"}

// csvPhases are the columns of one phase, over all laps.
var csvPhases = []string{"wall_ns", "user_ns", "system_ns", "minor_faults", "major_faults",
	"voluntary_switches", "involuntary_switches", "blocks_in_512b", "blocks_out_512b"}

var (
	csvTail = slices.Concat(csvCache, csvDevice, csvLatency,
		[]string{"check_ok", "settle_ns", "prepare_ns", "verify_ns", "warnings"})
	csvCache = []string{"cache_how", "cache_proof", "cache_proof_reason", "cache_pages", "cache_resident_before",
		"cache_resident_after", "mincore_reason", "cachestat_before", "cachestat_after", "cachestat_reason",
		"below_first_ns", "below_again_ns", "below_reads"}
	csvDevice = []string{"device_names", "device_read_bytes", "device_write_bytes", "own_read_bytes",
		"own_write_bytes", "device_reason"}
	csvLatency = []string{"latency_every", "latency_clock_ns", "latency_count", "latency_p50_ns", "latency_p90_ns",
		"latency_p99_ns", "latency_p999_ns", "latency_max_ns"}
)

// A Counter is a counter of one phase.
type Counter struct{ Phase, Name string }

// Counters lists the counters that occur in the trials of the runs: by phase,
// and within a phase in the order of the header's metrics, those that it does
// not name last. It is the same list whatever the order of the trials.
func Counters(runs ...*results.Run) []Counter {
	phases, names := append(slices.Clone(results.PhaseNames), results.WholeLap), []string{}
	there := make(map[Counter]bool)
	for _, run := range runs {
		for _, m := range run.Header.Metrics {
			names = append(names, m.Name)
		}
		for _, t := range run.Trials {
			for phase, counters := range t.Counters {
				for name := range counters {
					there[Counter{phase, name}] = true
				}
			}
		}
	}
	rank := func(list []string, s string) int {
		if i := slices.Index(list, s); i >= 0 {
			return i
		}
		return len(list)
	}
	return slices.SortedFunc(maps.Keys(there), func(a, b Counter) int {
		for _, c := range []int{rank(phases, a.Phase) - rank(phases, b.Phase), strings.Compare(a.Phase, b.Phase),
			rank(names, a.Name) - rank(names, b.Name)} {
			if c != 0 {
				return c
			}
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// writeCSV writes one row per trial with all that was measured. What is absent
// is empty. Lines end in CR LF, as RFC 4180 has it.
func writeCSV(w io.Writer, run *results.Run, opts Options) error {
	counters := opts.Counters
	if counters == nil {
		counters = Counters(run)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if !opts.NoHead {
		if err := out.Write(csvHeader(counters)); err != nil {
			return err
		}
	}
	arms := make(map[int]results.Arm)
	for _, a := range run.Header.Plan.Arms {
		arms[a.ID] = a
	}
	for i := range run.Trials {
		t := &run.Trials[i]
		row := csvRow(t, arms[t.Arm], opts.Labels)
		for _, c := range counters {
			row = append(row, optional(t.Counters[c.Phase][c.Name]))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvHeader(counters []Counter) []string {
	head := slices.Clone(csvHead)
	for _, phase := range results.PhaseNames {
		for _, c := range csvPhases {
			head = append(head, phase+"_"+c)
		}
	}
	head = append(head, csvTail...)
	for _, c := range counters {
		head = append(head, "counter_"+c.Phase+"_"+c.Name)
	}
	return head
}

func csvRow(t *results.Trial, a results.Arm, labels Labels) []string {
	kind, text := "", ""
	if t.Error != nil {
		kind, text = t.Error.Kind, t.Error.Text
	}
	ops, total := "", ""
	if t.Error == nil && t.Laps > 0 {
		laps := analysis.Laps(t, a)
		ops = integer(int64(math.Round(laps * float64(a.Ops))))
		if t.Accesses > 0 {
			ops = integer(t.Accesses)
		}
		total = integer(int64(float64(t.Total()) * float64(t.Laps) / laps))
	}
	row := []string{integer(t.Round), integer(t.Arm), t.Started.Format(time.RFC3339Nano),
		labels.Machine, a.Target, labels.device(a.Target), a.Workload, a.Backend,
		integer(a.Size), integer(a.Record), integer(a.Ops), integer(a.Bytes), a.Consumer, a.Cache, a.Durability,
		strconv.FormatBool(t.Usable()), t.Excluded, kind, text, integer(t.Laps), ops, total}
	for _, p := range t.Phases() {
		row = append(row, csvPhase(p.Phase)...)
	}
	check := ""
	if t.Check != nil {
		check = strconv.FormatBool(t.Check.OK)
	}
	return slices.Concat(row, cacheCells(t.Cache), deviceCells(t.Device), latencyCells(t.Latency),
		[]string{check, integer(t.Settle), integer(t.Prepare), integer(t.Verify), strings.Join(t.Warnings, ";")})
}

func csvPhase(p *results.Phase) []string {
	if p == nil {
		return make([]string, len(csvPhases))
	}
	return []string{integer(p.Wall), integer(p.User), integer(p.System), integer(p.MinorFaults),
		integer(p.MajorFaults), integer(p.VoluntarySwitches), integer(p.InvoluntarySwitches),
		integer(p.BlocksIn), integer(p.BlocksOut)}
}

func cacheCells(c *results.CacheState) []string {
	if c == nil {
		return make([]string, len(csvCache))
	}
	below := make([]string, 3)
	if b := c.Below; b != nil {
		below = []string{integer(b.First), integer(b.Again), integer(b.Reads)}
	}
	return append([]string{c.How, c.Proof, c.Reason, integer(c.Pages), optional(c.Before), optional(c.After), c.MincoreReason,
		optional(c.CachestatBefore), optional(c.CachestatAfter), c.CachestatReason}, below...)
}

func deviceCells(d *results.DeviceIO) []string {
	if d == nil {
		return make([]string, len(csvDevice))
	}
	var reasons []string
	for _, field := range slices.Sorted(maps.Keys(d.Reason)) {
		reasons = append(reasons, field+": "+d.Reason[field])
	}
	return []string{strings.Join(d.Names, ";"), optional(d.DeviceRead), optional(d.DeviceWrite),
		optional(d.OwnRead), optional(d.OwnWrite), strings.Join(reasons, ";")}
}

func latencyCells(l *results.Latency) []string {
	if l == nil {
		return make([]string, len(csvLatency))
	}
	return []string{integer(l.Every), strconv.FormatFloat(l.Clock, 'f', -1, 64), integer(l.Count),
		integer(l.P50), integer(l.P90), integer(l.P99), integer(l.P999), integer(l.Max)}
}

func integer[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// optional is empty for what is not known.
func optional(n *int64) string {
	if n == nil {
		return ""
	}
	return integer(*n)
}
