package backend_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mmapbench/internal/spelling"
	"mmapbench/io/backend"
)

// knobs has an option of every kind.
var knobs = backend.Info{Name: "knobs", Options: []backend.Option{
	{Name: "fast", Excludes: []string{"slow"}},
	{Name: "slow", Excludes: []string{"fast"}},
	{Name: "mode", Kind: backend.Choice, Values: []string{"one", "two", "three"}},
	{Name: "hint", Kind: backend.Choice, Values: []string{"a", "b", "c"}, Many: true},
	{Name: "step", Kind: backend.Size},
	{Name: "depth", Kind: backend.Count, Min: 1, Max: 256},
	{Name: "every", Kind: backend.Count, Min: 2, Values: []string{"record"}},
	{Name: "window", Kind: backend.Size, Values: []string{"record", "file"}},
	{Name: "dead", Probe: func(_, _ string) error { return errors.New("not in this kernel") }},
}}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{in: "", want: ""},
		{in: "fast", want: "fast"},
		{in: "step=1024k,mode=two,fast", want: "fast,mode=two,step=1M"},
		{in: "hint=c,hint=a", want: "hint=c,hint=a"},
		{in: "step=4096", want: "step=4k"},
		{in: "depth=032", want: "depth=32"},
		{in: "every=8", want: "every=8"},
		{in: "every=record,window=file", want: "every=record,window=file"},
		{in: "window=64KiB", want: "window=64k"},

		{in: "fats", err: `unknown option of backend knobs "fats": did you mean "fast"?`},
		{in: "mode=tow", err: `unknown value "tow": did you mean "two"?`},
		{in: "zzzzzzzz", err: "known: fast, slow, mode"},
		{in: ",", err: "unknown option"},
		{in: "fast,", err: "unknown option"},
		{in: "fast,slow", err: "contradict"},
		{in: "slow,fast", err: "contradict"},
		{in: "fast=yes", err: "takes no value"},
		{in: "fast=", err: "takes no value"},
		{in: "mode", err: "mode=one|two|three"},
		{in: "mode=", err: "needs a value"},
		{in: "step=", err: "step=SIZE"},
		{in: "step=0", err: "at least one byte"},
		{in: "step=-1", err: "negative"},
		{in: "step=4x", err: "such as 4k"},
		{in: "depth=0", err: "0 is out of bounds: depth=1..256"},
		{in: "depth=257", err: "out of bounds"},
		{in: "depth=4k", err: `"4k" is no whole number`},
		{in: "depth=", err: "needs a value: depth=1..256"},
		{in: "every=1", err: "out of bounds: every=record|N"},
		{in: "every=recrd", err: `did you mean "record"?`},
		{in: "window=fil", err: `did you mean "file"?`},
		{in: "window=0", err: "at least one byte"},
		{in: "window", err: "window=record|file|SIZE"},
		{in: "fast,fast", err: "given twice"},
		{in: "mode=one,mode=two", err: "given twice"},
		{in: "hint=a,hint=a", err: "given twice"},
	} {
		o, err := knobs.Parse(c.in)
		switch {
		case c.err == "" && err != nil:
			t.Errorf("Parse(%q): %v", c.in, err)
		case c.err == "" && o.String() != c.want:
			t.Errorf("Parse(%q) = %q, want %q", c.in, o, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("Parse(%q): error %v, want one with %q", c.in, err, c.err)
		case c.err != "" && !strings.Contains(err.Error(), "knobs"):
			t.Errorf("Parse(%q): error %q does not name the backend", c.in, err)
		}
	}
	_, err := (backend.Info{Name: "plain"}).Parse("x")
	if err == nil || err.Error() != `backend plain has no options, got "x"` {
		t.Errorf("an option for a backend without any: %v", err)
	}
	_, err = knobs.Parse("fats")
	if u := (*spelling.UnknownError)(nil); !errors.As(err, &u) || u.Nearest != "fast" {
		t.Errorf("Parse(fats): %v, want an UnknownError with the nearest name", err)
	}
}

// roundTrip sees that what was parsed reads back as the same.
func roundTrip(t interface{ Fatalf(string, ...any) }, text string) {
	o, err := knobs.Parse(text)
	if err != nil {
		return
	}
	again, err := knobs.Parse(o.String())
	if err != nil {
		t.Fatalf("Parse(%q) gave %q, which is refused: %v", text, o, err)
	}
	if d := cmp.Diff(o, again); d != "" {
		t.Fatalf("Parse(%q) gave %q, which reads otherwise:\n%s", text, o, d)
	}
	name, rest := backend.Split(backend.Join("knobs", o))
	if name != "knobs" || rest != o.String() {
		t.Fatalf("Join and Split of %q gave %q and %q", o, name, rest)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "fast", "step=1.5M,hint=b", "hint=c,hint=a,mode=one", "slow,,", "mode==",
		"step=1e9", "dead"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { roundTrip(t, s) })
}

// TestParseRapid makes texts that are mostly right, which fuzzing seldom finds.
func TestParseRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.OneOf(
			rapid.SampledFrom([]string{"fast", "slow", "mode=one", "mode=two", "hint=a", "hint=b", "hint=c",
				"dead", "every=record", "window=record", "depth=07", ""}),
			rapid.StringMatching(`step=[0-9]{1,20}(\.[0-9]{1,3})?[kMGTP]?`),
			rapid.String(),
		)
		roundTrip(t, strings.Join(rapid.SliceOf(field).Draw(t, "fields"), ","))
	})
}

func TestProbe(t *testing.T) {
	for in, want := range map[string]string{
		"":               "<nil>",
		"fast,mode=one":  "<nil>",
		"fast,dead":      "backend knobs, option dead: not in this kernel",
		"mode=one,fast":  "<nil>",
		"step=4k,hint=a": "<nil>",
	} {
		o, err := knobs.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		got := "<nil>"
		if err := knobs.Probe("", o); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Probe(%q) = %s, want %s", in, got, want)
		}
	}
	if err := knobs.Probe("", backend.Options{{Name: "new"}}); err == nil {
		t.Error("an option that does not exist was found in the kernel")
	}
}

func TestValuesByName(t *testing.T) {
	o, err := knobs.Parse("fast,mode=two,hint=c,hint=a,step=64KiB")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, first string
		given       bool
		all         []string
	}{
		{name: "fast", given: true, all: []string{""}},
		{name: "mode", first: "two", given: true, all: []string{"two"}},
		{name: "hint", first: "c", given: true, all: []string{"c", "a"}},
		{name: "step", first: "64k", given: true, all: []string{"64k"}},
		{name: "slow"},
		{name: "nosuch"},
	} {
		first, given := o.Get(c.name)
		if first != c.first || given != c.given || given != o.Has(c.name) || !cmp.Equal(o.All(c.name), c.all) {
			t.Errorf("%s: %q, %v, %q; want %q, %v, %q", c.name, first, given, o.All(c.name), c.first, c.given, c.all)
		}
	}
}

func TestNumbersByName(t *testing.T) {
	o := backend.Options{{Name: "step", Value: "64k"}, {Name: "odd", Value: "1000"}, {Name: "fast"},
		{Name: "mode", Value: "two"}}
	for _, c := range []struct {
		name     string
		count    bool
		want     int64
		err      string
		notGiven bool
	}{
		{name: "step", want: 64 << 10},
		{name: "odd", want: 1000},
		{name: "slow", err: "option slow: not given", notGiven: true},
		{name: "mode", err: `option mode=two: size "two"`},
		{name: "fast", err: "option fast: size"},
		{name: "odd", count: true, want: 1000},
		{name: "slow", count: true, err: "option slow: not given", notGiven: true},
		{name: "step", count: true, err: `option step=64k: "64k" is no whole number`},
	} {
		read := o.Size
		if c.count {
			read = o.Count
		}
		n, err := read(c.name)
		if c.err == "" {
			if n != c.want || err != nil {
				t.Errorf("%s: %d, %v; want %d", c.name, n, err, c.want)
			}
			continue
		}
		typed, ok := errors.AsType[*backend.OptionError](err)
		if !ok || typed.Name != c.name || n != 0 || errors.Is(err, backend.ErrNotGiven) != c.notGiven ||
			!strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %d, %v; want an error with %q", c.name, n, err, c.err)
		}
	}
}

// TestSizesComeBackAsTheyWereGiven: whatever the unit that was typed.
func TestSizesComeBackAsTheyWereGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<62).Draw(t, "size")
		o, err := knobs.Parse("step=" + strconv.FormatInt(n, 10))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.Size("step"); got != n || err != nil {
			t.Fatalf("%d comes back from %s as %d, %v", n, o, got, err)
		}
	})
}
