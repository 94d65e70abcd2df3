package workloads

import (
	"fmt"
	"strings"
	"unicode"

	"mmapbench/internal/spelling"
	"mmapbench/internal/trace"
	"mmapbench/io/backend"
)

// All returns the workloads that come with the program, in the order in which
// they are listed. A new one is a file of its own and a line here.
func All() []Workload {
	return []Workload{
		SeqScan,
		Random,
		Stride,
		Reverse,
		Chase,
		Load,
		PrivateCow,
		Copy,
		Append,
		SmallFiles,
		Unrecorded,
	}
}

// Catalogue is what there is to choose from. It is built in one place and
// handed down; nothing registers itself.
type Catalogue struct {
	Workloads []Workload
	Backends  []backend.Backend
	Trace     *trace.Trace // what is replayed; nil: nothing is
}

// Workload finds a workload by its name, that of Command included, and gives it the
// options after the colon. The name in the Info of what is returned has the options in
// canonical form.
func (c Catalogue) Workload(text string) (Workload, error) {
	if text == Command.Info().Name {
		return Command, nil
	}
	name, options := backend.Split(text)
	for _, w := range c.Workloads {
		switch info := w.Info(); info.Name {
		case text:
			if info.Recorded && info.Shape == nil {
				return nil, errNoTrace
			}
			return w, nil
		case name:
			return configure(w, info, options)
		}
	}
	return nil, spelling.Unknown("workload", name, c.WorkloadNames())
}

// configured is a workload with options, which are a part of its name.
type configured struct {
	Workload
	name string
}

func (c configured) Info() Info {
	i := c.Workload.Info()
	i.Name = c.name
	return i
}

func configure(w Workload, info Info, text string) (Workload, error) {
	whose := "workload " + info.Name
	given, err := backend.ParseOptions(whose, info.Options, text)
	if err != nil || len(given) == 0 {
		return w, err
	}
	work, err := info.Configure(given)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", whose, err)
	}
	return configured{work, backend.Join(info.Name, given)}, nil
}

// Backend finds a backend by the name before the colon and validates the
// options after it.
func (c Catalogue) Backend(text string) (backend.Backend, backend.Options, error) {
	name, opts := backend.Split(text)
	for _, b := range c.Backends {
		info := b.Info()
		if info.Name != name {
			continue
		}
		parsed, err := info.Parse(opts)
		return b, parsed, err
	}
	return nil, nil, spelling.Unknown("backend", name, c.BackendNames())
}

// WorkloadNames lists the workloads in order.
func (c Catalogue) WorkloadNames() []string {
	names := make([]string, len(c.Workloads))
	for i, w := range c.Workloads {
		names[i] = w.Info().Name
	}
	return names
}

// BackendNames lists the backends in order.
func (c Catalogue) BackendNames() []string {
	names := make([]string, len(c.Backends))
	for i, b := range c.Backends {
		names[i] = b.Info().Name
	}
	return names
}

// Check refuses a catalogue in which something could never be chosen: two entries
// share a name, or a name has what stands between names on the command line.
func (c Catalogue) Check() error {
	if err := checkNames("workload", c.WorkloadNames(), ","); err != nil {
		return err
	}
	for _, w := range c.Workloads {
		i := w.Info()
		if i.Kind > Copies {
			return fmt.Errorf("the workload %s is of no kind that a catalogue has: Reads, Appends or Copies", i.Name)
		}
		if (i.Configure == nil) != (len(i.Options) == 0) {
			return fmt.Errorf("the workload %s has %d options: Info.Configure is for those, and takes them", i.Name,
				len(i.Options))
		}
		if err := checkOptions("workload "+i.Name, i.Options); err != nil {
			return err
		}
	}
	if err := checkNames("backend", c.BackendNames(), ",:="); err != nil {
		return err
	}
	for _, b := range c.Backends {
		info := b.Info()
		if err := checkOptions("backend "+info.Name, info.Options); err != nil {
			return err
		}
	}
	return nil
}

func checkOptions(whose string, table []backend.Option) error {
	var names []string
	for i := range table {
		o := &table[i]
		names = append(names, o.Name)
		if o.Kind == backend.Choice && len(o.Values) == 0 || o.Kind == backend.Flag && len(o.Values) > 0 {
			return fmt.Errorf("%s: option %s has %d values; "+
				"options of kind Choice have some, and flags have none", whose, o.Name, len(o.Values))
		}
	}
	if err := checkNames("option", names, ",:="); err != nil {
		return fmt.Errorf("%s: %w", whose, err)
	}
	return nil
}

// checkNames refuses names that are empty, that come twice, or that have a control
// character or one of the separators.
func checkNames(kind string, names []string, separators string) error {
	seen := map[string]bool{}
	for _, n := range names {
		switch {
		case seen[n]:
			return fmt.Errorf("two %ss are called %q", kind, n)
		case n == "":
			return fmt.Errorf("a %s has no name", kind)
		case strings.ContainsAny(n, separators), strings.ContainsFunc(n, unicode.IsControl):
			return fmt.Errorf("the %s %q could not be chosen: a name has no control character and none of %q",
				kind, n, separators)
		case kind == "workload" && n == Command.Info().Name:
			return fmt.Errorf("no workload can be called %q: that is what commands are called", n)
		}
		seen[n] = true
	}
	return nil
}
