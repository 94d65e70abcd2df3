package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"mmapbench/results"
)

// csvHead is the first part of the CSV's header; for every phase and every one
// of csvCounters a column follows, and then csvTail.
var csvHead = []string{"round", "arm", "started", "machine", "target", "device", "workload", "backend",
	"size_bytes", "record_bytes", "ops_per_lap", "bytes_per_lap", "consumer", "cache", "durability",
	"usable", "excluded", "error_kind", "error_text", "laps", "total_ns_per_lap"}

// csvCounters are the columns of one phase, over all laps.
var csvCounters = []string{"wall_ns", "user_ns", "system_ns", "minor_faults", "major_faults",
	"voluntary_switches", "involuntary_switches", "blocks_in_512b", "blocks_out_512b"}

var csvTail = []string{"cache_how", "cache_reached", "cache_pages", "cache_resident_before",
	"cache_resident_after", "cache_reason", "check_ok", "prepare_ns", "verify_ns"}

// writeCSV writes one row per trial with all that was measured. What is absent
// is empty. Lines end in CR LF, as RFC 4180 has it.
func writeCSV(w io.Writer, run *results.Run, opts Options) error {
	labels := opts.Labels
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := append([]string{}, csvHead...)
	for _, phase := range results.PhaseNames {
		for _, c := range csvCounters {
			head = append(head, phase+"_"+c)
		}
	}
	if !opts.NoHead {
		if err := out.Write(append(head, csvTail...)); err != nil {
			return err
		}
	}
	arms := make(map[int]results.Arm)
	for _, a := range run.Header.Plan.Arms {
		arms[a.ID] = a
	}
	for i := range run.Trials {
		t := &run.Trials[i]
		if err := out.Write(csvRow(t, arms[t.Arm], labels)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvRow(t *results.Trial, a results.Arm, labels Labels) []string {
	kind, text := "", ""
	if t.Error != nil {
		kind, text = t.Error.Kind, t.Error.Text
	}
	total := ""
	if t.Error == nil && t.Laps > 0 {
		total = integer(t.Total())
	}
	row := []string{integer(t.Round), integer(t.Arm), t.Started.Format(time.RFC3339Nano),
		labels.Machine, a.Target, labels.device(a.Target), a.Workload, a.Backend,
		integer(a.Size), integer(a.Record), integer(a.Ops), integer(a.Bytes), a.Consumer, a.Cache, a.Durability,
		strconv.FormatBool(t.Usable()), t.Excluded, kind, text, integer(t.Laps), total}
	for _, p := range t.Phases() {
		row = append(row, csvPhase(p.Phase)...)
	}
	row = append(row, csvCache(t.Cache)...)
	check := ""
	if t.Check != nil {
		check = strconv.FormatBool(t.Check.OK)
	}
	return append(row, check, integer(t.Prepare), integer(t.Verify))
}

func csvPhase(p *results.Phase) []string {
	if p == nil {
		return make([]string, len(csvCounters))
	}
	return []string{integer(p.Wall), integer(p.User), integer(p.System), integer(p.MinorFaults),
		integer(p.MajorFaults), integer(p.VoluntarySwitches), integer(p.InvoluntarySwitches),
		integer(p.BlocksIn), integer(p.BlocksOut)}
}

func csvCache(c *results.CacheState) []string {
	if c == nil {
		return make([]string, 6)
	}
	return []string{c.How, strconv.FormatBool(c.Reached), integer(c.Pages), integer(c.Before), integer(c.After), c.Reason}
}

func integer[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
