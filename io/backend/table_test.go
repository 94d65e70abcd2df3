package backend_test

import (
	"strings"
	"testing"

	"mmapbench/io/backend"
)

type machine struct {
	fast  bool
	step  int64
	every int64
	order string
}

var machines = backend.Table[machine]{
	{
		Option: backend.Option{Name: "fast"},
		Apply:  func(m *machine, _ backend.Value) { m.fast = true },
		Refuse: map[backend.Verb]string{backend.ToCopy: "a copy is as fast as it is"},
	}, {
		Option: backend.Option{Name: "step", Kind: backend.Size, Values: []string{"record"}},
		Apply:  func(m *machine, v backend.Value) { m.step = v.N },
	}, {
		Option: backend.Option{Name: "every", Kind: backend.Count, Max: 9},
		Apply:  func(m *machine, v backend.Value) { m.every = v.N },
	}, {
		Option: backend.Option{Name: "order", Kind: backend.Choice, Values: []string{"up", "down"}, Many: true},
		Apply:  func(m *machine, v backend.Value) { m.order += v.Text },
	},
}

func TestTable(t *testing.T) {
	const read, dup = backend.ToRead, backend.ToCopy
	for _, c := range []struct {
		given backend.Options
		verb  backend.Verb
		want  machine
		err   string
	}{
		{verb: read},
		{verb: read, given: backend.Options{{"fast", ""}, {"step", "64k"}, {"every", "3"}},
			want: machine{true, 65536, 3, ""}},
		{verb: read, given: backend.Options{{"order", "down"}, {"order", "up"}}, want: machine{order: "downup"}},
		{verb: dup, given: backend.Options{{"step", "record"}}},
		{verb: dup, given: backend.Options{{"fast", ""}}, err: "machine, option fast, to copy: a copy is"},
		{verb: read, given: backend.Options{{"slow", ""}}, err: "a machine has no option slow"},
		{verb: read, given: backend.Options{{"every", "10"}}, err: "option every: 10 is out of bounds: every=0..9"},
		{verb: read, given: backend.Options{{"step", "much"}}, err: "a machine, option step: unknown value"},
		{verb: read, given: backend.Options{{"step", ""}}, err: "needs a value"},
		{verb: read, given: backend.Options{{"fast", "yes"}}, err: "takes no value"},
	} {
		var got machine
		err := machines.Configure("a machine", c.verb, c.given, &got)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v, %v; want %+v", c.given, got, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want an error with %q", c.given, err, c.err)
		}
	}
	if all := machines.Options(); len(all) != 4 || all[3].Usage() != "order=up|down" {
		t.Errorf("the table describes %+v", all)
	}
}
