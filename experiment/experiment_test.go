package experiment_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/experiment"
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

func catalogue() workloads.Catalogue {
	return workloads.Catalogue{
		Workloads: workloads.All(),
		Backends:  slices.Concat(readwrite.All(), mmapio.All(), []backend.Backend{backend.Null()}),
	}
}

// site is a target of a given speed with plenty of space.
func site(speed float64) target.Site {
	return target.Site{
		Target: results.Target{Name: "here", Dir: "/data"},
		Free:   1 << 40,
		Speed: results.Calibration{Target: "here", ColdScan: speed, ColdAccess: 4096 / speed * 8,
			WarmScan: 5e9, DurableWrite: speed / 2},
	}
}

var fast, sdCard = site(2e9), site(85e6)

func load(t *testing.T, text string) *experiment.Experiment {
	t.Helper()
	e, err := experiment.Parse("test.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func build(t *testing.T, text string, sites ...target.Site) *results.Plan {
	t.Helper()
	p, err := experiment.Build(load(t, text), catalogue(), sites)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuiltinExperimentsFitTheirBudget(t *testing.T) {
	for _, name := range experiment.Builtin() {
		for device, s := range map[string]target.Site{"nvme": fast, "sd": sdCard} {
			t.Run(name+" on "+device, func(t *testing.T) {
				e, err := experiment.Load(name)
				if err != nil {
					t.Fatal(err)
				}
				p, err := experiment.Build(e, catalogue(), []target.Site{s})
				if err != nil {
					t.Fatal(err)
				}
				expected := p.Expected
				if p.DropDecided { // there are more rounds than are expected to be made
					expected = expected / time.Duration(p.Rounds) * experiment.DefaultRounds
				}
				if expected > p.Budget {
					t.Errorf("expected %v for %d arms of %d bytes, budget %v",
						expected, len(p.Arms), p.Arms[0].Size, p.Budget)
				}
				if len(p.LeftOut) > 0 {
					t.Errorf("a built-in experiment asks for what does not fit: %v", p.LeftOut)
				}
			})
		}
	}
}

func TestFactorsThatDoNotApplyAreEmpty(t *testing.T) {
	p := build(t, `
size = "1M"
record = ["4k"]
backend = ["pread", "mmap"]
consumer = ["touch", "sum"]
cache = ["cold", "warm"]
durability = ["none", "data"]
`, fast)
	got := map[string]int{}
	for i, a := range p.Arms {
		got[a.Workload]++
		if a.ID != i {
			t.Errorf("arm %d has the id %d", i, a.ID)
		}
		if w := a.Workload; (w == "append" && (a.Cache != "" || a.Consumer != "")) ||
			(w == "seqscan" && a.Durability != "") || (w == "copy" && a.Consumer != "") {
			t.Errorf("%+v has a factor that does not apply", a)
		}
	}
	// reads: 2 backends x 2 consumers x 2 caches; copy: x 2 caches x 2
	// durabilities; append: x 2 durabilities.
	if diff := cmp.Diff(map[string]int{"seqscan": 8, "random": 8, "copy": 8, "append": 4}, got); diff != "" {
		t.Errorf("arms per workload (-want +got):\n%s", diff)
	}
}

func TestOps(t *testing.T) {
	tests := []struct {
		text string
		want int64
	}{
		{`ops = "all"`, 16384},
		{`ops = "100"`, 100},
		{`cache = "warm"`, 16384},
		// 0.15 s at 8*4096/85e6 + 4096/85e6 s an access is 345: 256.
		{`cache = "cold"`, 256},
	}
	for _, tt := range tests {
		p := build(t, tt.text+"\nsize='64M'\nrecord='4k'\nworkload='random'\nbackend='pread'", sdCard)
		if got := p.Arms[0].Ops; got != tt.want {
			t.Errorf("%s: %d accesses, want %d", tt.text, got, tt.want)
		}
		if a := p.Arms[0]; a.Bytes != a.Ops*a.Record {
			t.Errorf("%s: %d bytes in %d accesses of %d", tt.text, a.Bytes, a.Ops, a.Record)
		}
	}
}

// TestOpsOfTheOthers gives a number to workloads of which one takes it.
func TestOpsOfTheOthers(t *testing.T) {
	p := build(t, "ops = '100'\nsize='64M'\nrecord='4k'\nworkload=['seqscan', 'random']\nbackend='pread'\n"+
		"cache='cached'", fast)
	if len(p.Arms) != 2 || p.Arms[0].Ops != 16384 || p.Arms[1].Ops != 100 {
		t.Errorf("%+v, want all accesses of the scan and 100 random ones", p.Arms)
	}
}

// TestNothingFitsIsSaidOnce counts what else is left out, where there is more.
func TestNothingFitsIsSaidOnce(t *testing.T) {
	for text, more := range map[string]bool{"backend='mmap:private'": false,
		"backend=['mmap:private', 'mmap:private,populate']": true} {
		e, err := experiment.Parse("test.toml",
			[]byte("workload='append'\nrecord='4k'\nsize='1M'\ndurability='none'\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = experiment.Build(e, catalogue(), []target.Site{fast})
		if err == nil || strings.Contains(err.Error(), "more left out") != more {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestErrorsNameTheFix(t *testing.T) {
	tests := map[string]string{
		`recrod = "4k"`:                               `test.toml:1:1: unknown key "recrod": did you mean "record"?`,
		"[[grid]]\nworklod = 'random'":                `test.toml:2:1: unknown key "worklod": did you mean "workload"?`,
		"rounds = 3\nrounds = 4":                      `test.toml:2`,
		`rounds = "x"`:                                `test.toml:1`,
		`rounds = -1`:                                 `test.toml:1:1: rounds: -1 must be at least 1`,
		"workload = 'copy'\n  rounds = 2000000":       `test.toml:2:3: rounds: 2000000 must be`,
		"workload = 'copy'\nrounds = '6'":             `test.toml:2:10: rounds must be a whole number`,
		`rounds = 1.5`:                                `test.toml:1:10: rounds must be a whole number`,
		`seed = -1`:                                   `test.toml:1:8: seed must be a whole number that is not`,
		`drop-caches = "yes"`:                         `drop-caches must be true or false`,
		`cooldown = "60"`:                             `cooldown must be a number`,
		`cooldown = nan`:                              `test.toml:1:1: cooldown: NaN must be`,
		`budget = 90`:                                 `test.toml:1:1: budget: must be a time in quotes, such as "90s"`,
		`budget = "9000h"`:                            `test.toml:1:1: budget: `,
		`duration = "25h"`:                            `test.toml:1:1: duration: `,
		`record = {}`:                                 `record must be a string, or a list of strings`,
		`grid = "x"`:                                  `grid must be tables`,
		`target = "x"`:                                `target must be a table of names`,
		`name = 3`:                                    `name must be a string in quotes`,
		`latency = "no"`:                              `test.toml:1:1: latency: unknown latency mode "no"`,
		`Commands = "x"`:                              `unknown key "Commands"`,
		`ops = "9000000000000000"`:                    `too large`,
		"size = '2P'\nrecord='1M'":                    `too large`,
		"name = '../x'\nsize='1M'":                    `no slash`,
		`budget = "soon"`:                             `want a number with a unit`,
		`budget = "-1s"`:                              `more than nothing`,
		`workload = "radnom"`:                         `did you mean "random"?`,
		`backend = "mmpa"`:                            `did you mean "mmap"?`,
		`backend = "mmap:advise=randm"`:               `did you mean "random"?`,
		`backend = "mmap:privat"`:                     `did you mean "private"?`,
		`backend = "mmap:private,shared"`:             `contradict`,
		`cache = "hot"`:                               `known: cold, cached`,
		`consumer = "summ"`:                           `did you mean "sum"?`,
		`durability = "dat"`:                          `did you mean "data"?`,
		`size = "0"`:                                  `at least one byte`,
		`size = "-4k"`:                                `negative`,
		`size = "99999999999999999999"`:               `too large`,
		`size = "9000P"`:                              `too large`,
		"size = '1001'\nrecord = '8'":                 `multiple of 8`,
		"size = '4k'\nrecord = '8k'":                  `larger than the file`,
		`size = "auto/0"`:                             `small whole number`,
		`size = "auto/x"`:                             `small whole number`,
		`record = "100"`:                              `multiple of 8`,
		`ops = "0"`:                                   `at least 1`,
		`ops = "many"`:                                `want a count`,
		"workload = 'seqscan'\nops = '5'":             `seqscan goes through the whole file`,
		"workload = 'append'\nbackend='mmap:private'": `nothing is left to run`,
		`size = "2T"`:                                 `not enough space`,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			e, err := experiment.Parse("test.toml", []byte(text))
			if err == nil {
				_, err = experiment.Build(e, catalogue(), []target.Site{fast})
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("error %v, want one that says %q", err, want)
			}
			for _, goWord := range []string{" toml:", "struct field", "of type", "known: -", ", -,"} {
				if strings.Contains(err.Error(), goWord) {
					t.Errorf("%q speaks of Go: %v", goWord, err)
				}
			}
		})
	}
}

func TestColdIsLeftOutWhereNothingCanBeEvicted(t *testing.T) {
	s := fast
	s.No = map[string]string{results.Cold: "it is a tmpfs"}
	p := build(t, "size='1M'\nworkload='seqscan'\nbackend='pread'", s)
	if len(p.Arms) != 1 || p.Arms[0].Cache != results.Cached {
		t.Errorf("arms %+v, want the warm one alone", p.Arms)
	}
	if len(p.LeftOut) != 1 || p.LeftOut[0].Why.Code != reason.NoCacheState ||
		p.LeftOut[0].Why.Detail != s.No[results.Cold] {
		t.Errorf("left out %v, want one because %q", p.LeftOut, s.No[results.Cold])
	}
}

func TestReplace(t *testing.T) {
	const text = `
[[grid]]
workload = ["seqscan", "random"]
record = ["4k"]
[[grid]]
workload = ["copy"]
record = ["1M"]
`
	e := load(t, text)
	e.Replace(experiment.Factors{"workload": {"random", "append"}, "size": {"8M"}})
	p, err := experiment.Build(e, catalogue(), []target.Site{fast})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, a := range p.Arms {
		got[fmt.Sprint(a.Workload, " ", a.Size, " ", a.Record)] = true
	}
	want := map[string]bool{"random 8388608 4096": true, "append 8388608 65536": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOrderKeepsBlocksTogether(t *testing.T) {
	p := build(t, "size='1M'\nworkload=['seqscan','random']\nrecord='4k'", fast)
	for round := range 4 {
		changes := 0
		order := schedule.Order(p, round)
		for i := 1; i < len(order); i++ {
			if p.Arms[order[i]].Cache != p.Arms[order[i-1]].Cache {
				changes++
			}
		}
		if changes != 1 {
			t.Errorf("round %d changes the cache state %d times, want once", round, changes)
		}
	}
}

func TestPartOfAuto(t *testing.T) {
	p := build(t, "workload='append'\nbackend='pread'\nsize='auto/4'\nrecord=['4k','32M']", fast)
	if p.Arms[0].Size != 64<<20 || p.Arms[1].Size != 128<<20 {
		t.Errorf("sizes %d and %d, want a quarter of 256 MiB and room for 4 records", p.Arms[0].Size, p.Arms[1].Size)
	}
}

func TestNoBudgetMeansTheLargestSize(t *testing.T) {
	p := build(t, "workload='seqscan'", sdCard)
	if p.Arms[0].Size != 256<<20 || p.Budget != 0 || p.Expected < time.Second {
		t.Errorf("size %d, budget %v, expected %v", p.Arms[0].Size, p.Budget, p.Expected)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("rounds = 3\n[[grid]]\nworkload = 'random'\nsize = ['4k', '1M']")
	f.Add("[target]\nsd = '/mnt'")
	f.Add("rounds = 1000000\nsize = ['1P', '8E']\nrecord = '1G'\nops = '1125899906842624'\ncooldown = nan\nbudget = 90")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := experiment.Parse("fuzz.toml", []byte(text))
		if err != nil {
			return
		}
		// Whatever parses is either a plan or an error, never a panic.
		p, err := experiment.Build(e, catalogue(), []target.Site{fast})
		if err != nil {
			return
		}
		// And what is planned is read again by whoever reads the run file.
		line, err := json.Marshal(results.Header{Type: results.LineHeader, Format: results.Format,
			Schema: results.SchemaVersion, Plan: *p})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := results.Decode(bytes.NewReader(append(line, '\n'))); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	})
}

// Targets of one run get one number of accesses, which suits the slowest: arms of
// different lengths could not be compared.
func TestOneNumberOfAccesses(t *testing.T) {
	slow := sdCard
	slow.Target = results.Target{Name: "card", Dir: "/card"}
	text := "workload = ['random']\nbackend = ['pread', 'mmap']\nrecord = ['4k']\ncache = ['cold', 'cached']\n" +
		"size = ['64M']\n"
	alone, quick := build(t, text, slow), build(t, text, fast)
	if alone.Arms[0].Ops == quick.Arms[0].Ops {
		t.Fatalf("%d accesses on both targets: the test needs a faster one", alone.Arms[0].Ops)
	}
	for i, a := range build(t, text, fast, slow).Arms {
		if want := alone.Arms[i%len(alone.Arms)].Ops; a.Ops != want {
			t.Errorf("%s, %s on %s: %d accesses, want %d", a.Backend, a.Cache, a.Target, a.Ops, want)
		}
	}
}
