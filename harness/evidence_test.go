package harness_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/internal/latency"
	"mmapbench/results"
	"mmapbench/results/resultstest"
)

// evidence runs an experiment with the facts of the machine, as the program
// does, and checks what holds for every trial.
func evidence(t *testing.T, text string, change func(*harness.Runner)) *results.Run {
	t.Helper()
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	got, end, err := fx.run(t, text, func(r *harness.Runner) {
		r.Host = host.Read("/", []host.Target{{Name: "here", Dir: fx.dir}})
		if change != nil {
			change(r)
		}
	})
	if err != nil || end.Status != results.EndComplete {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	file, err := os.ReadFile(fx.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := resultstest.Validate(file); err != nil {
		t.Errorf("real output breaks the published schema: %v", err)
	}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		if tr.Error != nil {
			t.Errorf("%+v: %s: %s", arm, tr.Error.Kind, tr.Error.Text)
		}
		if c := tr.Cache; c != nil && (c.Proof == "" || c.Proof != results.ProofStrong && len(c.Reasons) == 0) {
			t.Errorf("%+v: proof %q for reasons %v", arm, c.Proof, c.Reasons)
		}
	}
	return got
}

// onDevice skips a test of what a block device counts where there is none.
func onDevice(t *testing.T) {
	t.Helper()
	f := host.Read("/", []host.Target{{Name: "here", Dir: t.TempDir()}})
	if names, why := f.Targets[0].BlockDevices(); len(names) == 0 {
		t.Skipf("NOT TESTED: %s is on no block device that counts: %s", t.TempDir(), why)
	}
}

// TestStatesAreProven tries every cache state that needs no privilege.
func TestStatesAreProven(t *testing.T) {
	onDevice(t)
	got := evidence(t, "rounds=2\nsize='4M'\nrecord='4k'\nworkload=['seqscan','random']\nbackend=['pread','mmap']\n"+
		"cache=['cold','cached','mapped','device-cold']\nops='all'", nil)
	states := map[string]int{}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		states[arm.Cache]++
		c := tr.Cache
		// Of device-cold nothing is promised: a virtual disk may cache.
		if arm.Cache != results.DeviceCold && c.Proof != results.ProofStrong {
			t.Errorf("%s by %s: proof %s: %v", arm.Cache, arm.Backend, c.Proof, c.Reasons)
		}
		if arm.Cache == results.DeviceCold && c.Below == nil && c.Proof == results.ProofStrong {
			t.Errorf("device-cold is proven without a look at the layer below")
		}
		if tr.Device == nil || tr.Device.OwnRead == nil {
			t.Fatalf("no account of the device: %+v", tr.Device)
		}
		if read := *tr.Device.OwnRead; results.IsCold(arm.Cache) != (read >= arm.Size*9/10) {
			t.Errorf("%s by %s: %d bytes were read of a file of %d", arm.Cache, arm.Backend, read, arm.Size)
		}
		if arm.Cache == results.Mapped && tr.Body.MinorFaults/int64(tr.Laps) > 8 {
			t.Errorf("mapped: %d faults in a body of %d laps", tr.Body.MinorFaults, tr.Laps)
		}
	}
	for _, s := range []string{results.Cold, results.Cached, results.Mapped} {
		if states[s] != 8 {
			t.Errorf("%d trials were %s, want 8: left out %v", states[s], s, got.Header.Plan.LeftOut)
		}
	}
}

// TestDeviceBytesAreAsTheKernelMustRead compares random accesses of 4 KiB
// through three ways with what must have come from the device: a page each
// where nothing reads ahead, more where a fault reads around.
func TestDeviceBytesAreAsTheKernelMustRead(t *testing.T) {
	onDevice(t)
	page := int64(os.Getpagesize())
	got := evidence(t, "rounds=2\nsize='64M'\nrecord='4k'\nworkload='random'\nops=256\ncache='cold'\n"+
		"backend=['direct','pread','mmap:advise=random','mmap']", nil)
	seen := map[string]bool{}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		seen[arm.Backend] = true
		must := arm.Ops * max(arm.Record, page)
		low, high := must, must+must/10
		switch arm.Backend {
		case "direct":
			low, high = arm.Bytes, arm.Bytes+arm.Bytes/10
		case "mmap":
			high = arm.Size + arm.Size/10 // do_sync_mmap_readahead reads around
		}
		read := *tr.Device.OwnRead
		t.Logf("%s: %d accesses of %d bytes read %d bytes from the device", arm.Backend, arm.Ops, arm.Record, read)
		if read < low || read > high {
			t.Errorf("%s: %d bytes came from the device, want %d to %d", arm.Backend, read, low, high)
		}
		if after := tr.Cache.After; arm.Backend == "direct" && (after == nil || *after != 0) {
			t.Errorf("direct reads left pages in the page cache: %+v", tr.Cache)
		}
	}
	if len(seen) != 4 {
		t.Errorf("only %v were tried: left out %v", seen, got.Header.Plan.LeftOut)
	}
}

// TestOthersAreSeen has somebody else write to the device during the trials.
func TestOthersAreSeen(t *testing.T) {
	onDevice(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- scribble(ctx, filepath.Join(dir, "foreign")) }()
	got := evidence(t, "rounds=3\nsize='32M'\nrecord='4k'\nworkload='random'\nops=2048\nbackend='pread'\ncache='cold'",
		nil)
	cancel()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	flagged := 0
	for _, tr := range got.Trials {
		if slices.Contains(tr.Warnings, results.WarnForeignIO) {
			flagged++
		}
	}
	if flagged == 0 {
		t.Errorf("none of %d trials was flagged: %+v", len(got.Trials), got.Trials[0].Device)
	}
}

// scribble writes to a file, past the page cache, until it is told to stop.
func scribble(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_DSYNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 4<<20)
	for ctx.Err() == nil {
		if _, err := f.WriteAt(buf, 0); err != nil {
			return err
		}
	}
	return nil
}

// TestDurationsAreReportedBySecond compares the sums of a series with what the
// trial says as a whole.
func TestDurationsAreReportedBySecond(t *testing.T) {
	got := evidence(t, "rounds=1\nsize='4M'\nrecord='4k'\nworkload=['seqscan','random','append']\n"+
		"backend=['pread','mmap']\ncache=['cold','cached']\nduration='1200ms'", nil)
	if len(got.Trials) != 8 {
		t.Errorf("%d trials, want 8: what appends cannot last", len(got.Trials))
	}
	if !slices.ContainsFunc(got.Header.Plan.LeftOut,
		func(l results.LeftOut) bool { return strings.HasPrefix(l.Arm, "append") }) {
		t.Errorf("append is not named among what was left out: %v", got.Header.Plan.LeftOut)
	}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		var ops, bytes, faults int64
		last := time.Duration(0)
		for _, k := range tr.Series {
			ops, bytes, faults = ops+k.Ops, bytes+k.Bytes, faults+k.MinorFaults
			if k.Elapsed <= last {
				t.Errorf("%s: ticks at %v and then at %v", arm.Workload, last, k.Elapsed)
			}
			last = k.Elapsed
		}
		if len(tr.Series) < 1 || ops != tr.Ops || bytes != tr.Ops*arm.Record || faults > tr.Body.MinorFaults {
			t.Errorf("%+v: %d ticks with %d accesses, %d bytes and %d faults of %d accesses and %d faults",
				arm, len(tr.Series), ops, bytes, faults, tr.Ops, tr.Body.MinorFaults)
		}
		cold := arm.Cache == results.Cold // one pass and no more
		if tr.Check == nil || !tr.Check.OK || cold && tr.Ops > arm.Size/arm.Record ||
			!cold && (tr.Ops <= arm.Ops || tr.Body.Wall < 1200*time.Millisecond) {
			t.Errorf("%+v: check %+v of %d accesses in %v", arm, tr.Check, tr.Ops, tr.Body.Wall)
		}
	}
}

// TestLatencies compares the histograms with the work.
func TestLatencies(t *testing.T) {
	const text = "rounds=1\nsize='1M'\nrecord='4k'\nworkload=['seqscan','copy','append']\nbackend=['pread','mmap']\n" +
		"cache=['cold','cached']\n"
	for _, tr := range evidence(t, text+"latency='on'", nil).Trials {
		l := tr.Latency
		if l == nil || l.Every != 1 || l.Count != 256*int64(tr.Laps) || l.Clock <= 0 {
			t.Fatalf("%d laps of 256 accesses: %+v", tr.Laps, l)
		}
		var sum latency.Sum
		if err := sum.Add(l.Histogram); err != nil || sum.Histogram().TotalCount() != l.Count {
			t.Errorf("histogram of %d: %v", l.Count, err)
		}
		if l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max ||
			time.Duration(l.Count)*l.P50/2 > tr.Body.Wall {
			t.Errorf("body %v of %d laps, latencies %+v", tr.Body.Wall, tr.Laps, l)
		}
	}
	for _, tr := range evidence(t, text+"latency='off'", nil).Trials {
		if tr.Latency != nil {
			t.Errorf("accesses were timed: %+v", tr.Latency)
		}
	}
}

// TestCountersAgree compares counters that count the same in two ways.
func TestCountersAgree(t *testing.T) {
	got := evidence(t, "rounds=1\nsize='4M'\nrecord='64k'\nworkload='seqscan'\nbackend=['pread','mmap']\n"+
		"cache=['cold','cached']\nlatency='off'", nil)
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		phases, of := []string{"setup", "body", "teardown"}, "body"
		if arm.Cache == results.Cold {
			phases, of = []string{results.WholeLap}, results.WholeLap
		}
		got := map[string]bool{}
		for _, k := range tr.Counters.Keys {
			got[k.Phase] = true
		}
		if got := slices.Sorted(maps.Keys(got)); !slices.Equal(got, slices.Sorted(slices.Values(phases))) {
			t.Fatalf("%s, %s: counters of %v, want %v", arm.Backend, arm.Cache, got, phases)
		}
		calls := tr.Counters.Get(of, "io.syscr")
		if calls == nil {
			t.Log("NOT TESTED: this kernel has no /proc/self/io")
			continue
		}
		if want := map[bool]int64{true: arm.Ops}[arm.Backend == "pread"]; *calls != want {
			t.Errorf("%s: %d read calls, want %d", arm.Backend, *calls, want)
		}
	}
	for _, tr := range evidence(t, "rounds=1\nsize='1M'\nworkload='append'\nbackend='pread'",
		func(r *harness.Runner) { r.Plan.NoCounters = true }).Trials {
		if !tr.Counters.IsZero() {
			t.Error("counters were read although they are off")
		}
	}
}

// TestDebtIsPaidBeforehand sees that a trial that writes, and the one after it,
// wait for what was left behind, and that no other does.
func TestDebtIsPaidBeforehand(t *testing.T) {
	got := evidence(t, "rounds=3\nsize='4M'\nrecord='64k'\nworkload=['seqscan','append']\nbackend='pread'\n"+
		"cache='cached'", nil)
	wrote := true // the dataset was made
	for _, tr := range got.Trials {
		writes := got.Header.Plan.Arms[tr.Arm].Durability != "" // so does its rehearsal
		if (tr.Settle > 0) != (wrote || writes) {
			t.Errorf("round %d, arm %d: settled for %v, wrote before: %v, writes: %v",
				tr.Round, tr.Arm, tr.Settle, wrote, writes)
		}
		wrote = writes
	}
}

// TestLapsAreKept compares the times of laps with what the phases have of all of them.
func TestLapsAreKept(t *testing.T) {
	for _, tr := range evidence(t, "rounds=2\nsize='64k'\nrecord='4k'\nworkload=['seqscan','append']\n"+
		"backend=['pread','mmap']\ncache=['cold','cached']", nil).Trials {
		if tr.Laps == 1 {
			if tr.Lap != 0 || tr.LapTimes != nil {
				t.Errorf("a single lap has a median of its own: %v of %v", tr.Lap, tr.LapTimes)
			}
			continue
		}
		n, every := len(tr.LapTimes), max(tr.LapEvery, 1)
		if (tr.Laps+every-1)/every != n || n > results.MaxLapTimes {
			t.Errorf("of %d laps %d were kept, one in %d", tr.Laps, n, every)
		}
		var sum time.Duration
		for _, lap := range tr.LapTimes {
			sum += lap
		}
		if every == 1 && sum != tr.Timed() || sum > tr.Timed() || sum <= 0 {
			t.Errorf("%d laps took %v, of which %v are kept", tr.Laps, tr.Timed(), sum)
		}
		if tr.Lap < slices.Min(tr.LapTimes) || tr.Lap > slices.Max(tr.LapTimes) || tr.Total() != tr.Lap {
			t.Errorf("the trial's time is %v, the median lap %v of %v", tr.Total(), tr.Lap, tr.LapTimes)
		}
	}
}

// TestOthersAreCounted expects of every trial what the processor did for others, or why
// that is not known, and of trials that many goroutines disturb that they waited.
func TestOthersAreCounted(t *testing.T) {
	const text = "rounds=3\nsize='4M'\nrecord='4k'\nworkload='seqscan'\nbackend='pread'\ncache=['cold','cached']\n" +
		"min-trial='100ms'"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 4 * runtime.NumCPU() {
		go func() {
			for ctx.Err() == nil {
			}
		}()
	}
	waited, contended := 0, 0
	for _, tr := range evidence(t, text, nil).Trials {
		o := tr.Others
		if o == nil {
			t.Fatal("nothing is said of others")
		}
		for field, value := range map[string]*time.Duration{"waited_ns": o.Waited, "pressure_ns": o.Pressure,
			"stolen_ns": o.Stolen, "wanted_ns": o.Wanted} {
			if why := o.Reasons[field]; (value == nil) != (why.Code != "") {
				t.Errorf("%s is %v for the reason %v", field, value, why)
			}
		}
		if o.Waited == nil {
			t.Skipf("NOT TESTED: %v", o.Reasons["waited_ns"])
		}
		if *o.Waited > 0 {
			waited++
		}
		if slices.Contains(tr.Warnings, results.WarnContended) {
			contended++
		}
	}
	if waited < 4 || contended < 1 {
		t.Errorf("beside busy goroutines %d of 6 trials waited and %d were flagged", waited, contended)
	}
}

// TestMemory maps a file: the process then takes as much more.
func TestMemory(t *testing.T) {
	got := evidence(t, "rounds=1\nsize='32M'\nrecord='64k'\nworkload='seqscan'\nbackend=['pread','mmap']\n"+
		"cache=['cold','cached']", nil)
	for _, tr := range got.Trials {
		m, arm := tr.Memory, got.Header.Plan.Arms[tr.Arm]
		if m == nil || m.File == nil || m.Anonymous == nil {
			t.Fatalf("%s: memory is not known: %+v", arm.Backend, m)
		}
		if m.Peak == nil {
			t.Skipf("NOT TESTED: %v", m.Reasons["peak_bytes"])
		}
		mapped := arm.Backend == "mmap"
		if (*m.File >= arm.Size) != mapped || (*m.Peak >= arm.Size) != mapped {
			t.Errorf("%s, %s: of a file of %d bytes %d were in the page table, and %d at the peak", arm.Backend,
				arm.Cache, arm.Size, *m.File, *m.Peak)
		}
		if *m.Anonymous <= 0 || *m.Anonymous >= arm.Size {
			t.Errorf("%s: %d bytes of its own", arm.Backend, *m.Anonymous)
		}
	}
}
