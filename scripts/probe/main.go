// Command probe is mmapbench with a workload that is slower on demand: two builds
// of it, one with a delay and one without, are a base and a new build of which it
// is known by how much the new one is slower.
//
//	go build -ldflags "-X main.delay=spin:10%" ./scripts/probe
//
// The delay is a share of the time that each phase took, measured as the phase
// runs, so that the delay means the same on every machine, for every backend and
// under every load. Both builds read the clock, and differ in the delay alone.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"mmapbench/cli"
	"mmapbench/workloads"
)

// delay is set at link time: "spin:10%", "sleep:10%", or "" for none.
var delay string

// nap is the least that a sleep is asked for: the kernel adds its timer slack of
// 50 µs and more to each, which is taken off the next.
const nap = 500 * time.Microsecond

// A delayer adds a share of the time that passes.
type delayer struct {
	share float64
	sleep bool // else it spins
	// owed is what a sleep is still to make up for, over the laps of a trial. It
	// begins at half a nap, so that a trial ends with as much too little as too
	// much.
	owed time.Duration
}

func parse(text string) (*delayer, error) {
	d := &delayer{owed: nap / 2}
	if text == "" {
		return d, nil
	}
	kind, value, ok := strings.Cut(text, ":")
	percent, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
	if !ok || err != nil || percent < 0 || kind != "spin" && kind != "sleep" {
		return nil, fmt.Errorf("delay %q: want spin:10%% or sleep:10%%", text)
	}
	d.share, d.sleep = percent/100, kind == "sleep"
	return d, nil
}

// stretch adds the delay to a phase.
func (d *delayer) stretch(phase func() error) error {
	start := time.Now()
	err := phase()
	now := time.Now()
	extra := time.Duration(float64(now.Sub(start)) * d.share)
	if !d.sleep {
		for end := now.Add(extra); now.Before(end); {
			now = time.Now()
		}
		return err
	}
	if d.owed += extra; d.owed >= nap {
		time.Sleep(d.owed)
		d.owed -= time.Since(now)
	}
	return err
}

// probe is a scan whose phases are each followed by the delay.
type probe struct {
	workloads.Workload
	delayer *delayer
}

func (w probe) Info() workloads.Info {
	i := w.Workload.Info()
	i.Name, i.Summary = "probe", "a scan, slower by "+describe(delay)
	return i
}

func (w probe) New(t workloads.Task) (workloads.Job, error) {
	job, err := w.Workload.New(t)
	return slowed{job, w.delayer}, err
}

// slowed is a job whose every phase takes longer.
type slowed struct {
	workloads.Job
	*delayer
}

func (j slowed) Setup() error    { return j.stretch(j.Job.Setup) }
func (j slowed) Body() error     { return j.stretch(j.Job.Body) }
func (j slowed) Sync() error     { return j.stretch(j.Job.Sync) }
func (j slowed) Teardown() error { return j.stretch(j.Job.Teardown) }

func describe(delay string) string {
	if delay == "" {
		return "nothing"
	}
	return delay
}

func main() {
	d, err := parse(delay)
	if err != nil {
		fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		os.Exit(cli.ExitUsage)
	}
	os.Exit(cli.Main(cli.With(probe{workloads.SeqScan, d})))
}
