package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/internal/spelling"
	"mmapbench/report/document"
	"mmapbench/report/history"
	"mmapbench/results"
)

// historyOptions are the flags of history.
type historyOptions struct {
	since, machine    string
	order, anchor     string
	acknowledge, hide []string
	say               analysis.KnownChange
	exitCode          bool
	output            outputOptions
}

func (a *app) historyCommand() *cobra.Command {
	o := &historyOptions{}
	c := &cobra.Command{
		Use:   "history [DIR|FILE…]",
		Short: "What the runs of one machine say over time: trends and changes",
		Long: `history reads the run files of a folder (results/, if none is named), its
baselines included, and shows every arm that two runs have in common: the last
run against those before, and where the level changed. Runs of another machine, or
of one that has changed, are never mixed in; what is left out is named.

What people say of changes is kept in changes.toml in the folder, which an editor
may change as well. Exit codes: 0 whatever was found; with --exit-code 1 where arms
became slower and nobody has acknowledged that.`,
		Example: `  mmapbench history
  mmapbench history --workload random --backend mmap --since 30d
  mmapbench history --format csv --charts none /srv/bench > trend.csv
  mmapbench history --acknowledge 1f2e3d4c@20260111T030000Z --note 'checksums' --ticket DB-17
  mmapbench history --order n --anchor pread --exit-code --charts none
  mmapbench history results/baselines/v1.jsonl results/20260102T030405Z-quick.jsonl`,
		RunE:              func(c *cobra.Command, args []string) error { return a.history(c.Flags(), args, o) },
		ValidArgsFunction: completeRuns,
	}
	f := c.Flags()
	o.output.addFlags(f, []string{history.Kind}, allCharts)
	f.StringVar(&o.output.dir, "out", "", "put the charts into this `directory` (default: history/ in the folder)")
	for _, factor := range results.Listed() {
		f.StringArrayP(factor.Key, factor.Short, nil, "show only arms with these levels of "+factor.Key+", as a `list`")
	}
	f.StringVar(&o.since, "since", "",
		"show only runs since then: a `date` such as 2026-01-31, or an age such as 30d or 12h")
	f.StringVar(&o.order, "order", "",
		"put runs in the order of this label's values, a `key` of run --label (default: in that of time)")
	f.StringVar(&o.anchor, "anchor", "",
		"follow times over those of this `arm` in the same rounds: a backend, a command")
	f.StringVar(&o.machine, "machine", "",
		"show the machine with this `fingerprint`, or what it begins with (default: that of the newest run)")
	f.StringSliceVar(&o.acknowledge, "acknowledge", nil,
		"say of the changes with these names, as a `list`, that they are known; all: of every one that is new")
	f.StringSliceVar(&o.hide, "hide", nil, "show the changes with these names, as a `list`, no more")
	f.StringVar(&o.say.Note, "note", "", "keep this `text` with changes that are acknowledged or hidden")
	f.StringVar(&o.say.Ticket, "ticket", "", "keep this `name` of a ticket with them")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 1 if arms became slower and nobody has acknowledged it")
	o.output.complete(c)
	a.completeFactors(c)
	return c
}

func (a *app) history(f *pflag.FlagSet, args []string, o *historyOptions) error {
	if err := o.output.check(); err != nil {
		return err
	}
	since, err := parseSince(o.since, time.Now())
	if err != nil {
		return err
	}
	paths, err := storedFiles(args)
	if err != nil {
		return err
	}
	past, unread := readStore(paths, analysis.Anchor(o.anchor))
	some := len(past) > 0
	past = slices.DeleteFunc(past, func(p *analysis.PastRun) bool { return p.Started.Before(since) })
	keep, err := a.keepArms(f, past)
	if err != nil {
		return err
	}
	if err := checkMachine(o.machine, past); err != nil {
		return err
	}
	known, err := analysis.ReadKnown(storeOf(args))
	if err != nil {
		return err
	}
	if err := checkAnchor(analysis.Anchor(o.anchor), past); err != nil {
		return err
	}
	h := analysis.NewHistory(past, analysis.HistoryOptions{Machine: o.machine, Keep: keep, Known: known,
		Order: o.order})
	h.LeftOut = append(h.LeftOut, unread...)
	if some && len(past) == 0 {
		fmt.Fprintf(a.err, "every run is from before --since %s\n", o.since)
	}
	if err := a.mark(h, storeOf(args), o); err != nil {
		return err
	}
	if err := a.showHistory(h, o, chartsOf(args, o)); err != nil {
		return err
	}
	if o.exitCode && slices.ContainsFunc(h.Together, func(g analysis.Together) bool { return g.Slower() }) {
		return &exitError{ExitProblem, nil}
	}
	return nil
}

// mark keeps what the command line says of changes.
func (a *app) mark(h *analysis.History, store string, o *historyOptions) error {
	if len(o.acknowledge)+len(o.hide) == 0 && o.say != (analysis.KnownChange{}) {
		return errors.New("--note and --ticket say something of changes: name them with --acknowledge or --hide")
	}
	for _, m := range []struct {
		names []string
		state analysis.ChangeState
	}{{o.acknowledge, analysis.ChangeAcknowledged}, {o.hide, analysis.ChangeHidden}} {
		if len(m.names) == 0 {
			continue
		}
		o.say.State = m.state
		n, err := h.Mark(store, m.names, o.say)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.err, "%s: %s %s\n", filepath.Join(store, analysis.KnownFile), prose.Count(n, "change"), m.state)
	}
	return nil
}

// showHistory writes the history to standard output and the charts into a
// directory.
func (a *app) showHistory(h *analysis.History, o *historyOptions, dir string) error {
	_, tty := terminalWidth(a.out)
	d := history.Document(h, tty && utf8Locale())
	options := document.TextOptions{Width: textWidth(a.out), Color: useColor(a.out)}
	if err := document.Write(a.pipe(), d, o.output.format, options); err != nil {
		return err
	}
	if o.output.format == document.CSV {
		for _, note := range history.LeftOut(h) { // the only format without a place for them
			fmt.Fprintln(a.err, note)
		}
	}
	return a.draw(d, dir, &o.output)
}

// chartsOf is the folder for the charts.
func chartsOf(args []string, o *historyOptions) string {
	if o.output.dir != "" {
		return o.output.dir
	}
	return filepath.Join(storeOf(args), "history")
}

// storeOf is the folder of the first file, or the first folder.
func storeOf(args []string) string {
	if len(args) == 0 {
		return resultsDir
	}
	if info, err := os.Stat(args[0]); err == nil && !info.IsDir() {
		return filepath.Dir(args[0])
	}
	return args[0]
}

// storedFiles lists the run files of each folder, its baselines among them, and
// the files that are named.
func storedFiles(args []string) ([]string, error) {
	if len(args) == 0 {
		if _, err := os.Stat(resultsDir); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no folder %s here: name the folder that mmapbench run --out was given, "+
				"or make a run", resultsDir)
		}
		args = []string{resultsDir}
	}
	var paths []string
	for _, arg := range args {
		arg, err := runFile(arg)
		if err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		if !info.IsDir() {
			paths = append(paths, filepath.Clean(arg))
			continue
		}
		for _, dir := range []string{arg, filepath.Join(arg, results.BaselineDir)} {
			entries, err := os.ReadDir(dir)
			if err != nil && (dir == arg || !errors.Is(err, os.ErrNotExist)) {
				return nil, fmt.Errorf("read the history: %w", err)
			}
			for _, e := range entries {
				if strings.HasSuffix(e.Name(), results.FileEnding) && !strings.HasPrefix(e.Name(), ".") {
					paths = append(paths, filepath.Join(dir, e.Name()))
				}
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// readStore reads what can be read. The rest is told and never fatal: a store is a
// folder like any other.
func readStore(paths []string, anchor analysis.Anchor) (past []*analysis.PastRun, unread []analysis.LeftOutRun) {
	debug.SetGCPercent(readersGC)
	for _, path := range paths {
		run, err := readPlain(path)
		if err != nil {
			reason := err.Error()
			if e, ok := errors.AsType[*results.ReadError](err); ok {
				reason = e.Reason()
			}
			unread = append(unread, analysis.LeftOutRun{File: plain.Line(path), Kind: analysis.LeftOutUnread,
				Reason: plain.Line(reason)})
			continue
		}
		p := analysis.Condense(plain.Line(path), run, anchor)
		if dir, name := filepath.Split(path); filepath.Base(dir) == results.BaselineDir {
			p.Baselines = []string{plain.Line(strings.TrimSuffix(name, results.FileEnding))}
		}
		past = append(past, p)
	}
	return past, unread
}

// readPlain does not wait for what a pipe may bring.
func readPlain(path string) (*analysis.Summary, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a plain file")
	}
	return analysis.Read(path, analysis.Times)
}

// checkAnchor refuses an anchor that no run has.
func checkAnchor(anchor analysis.Anchor, past []*analysis.PastRun) error {
	var arms []results.Arm
	for _, p := range past {
		arms = append(arms, p.Arms()...)
	}
	if anchor == "" || len(arms) == 0 {
		return nil
	}
	if err := anchor.Check(arms); err != nil {
		return fmt.Errorf("--anchor: %w", err)
	}
	return nil
}

func checkMachine(machine string, past []*analysis.PastRun) error {
	var known []string
	for _, p := range past {
		if strings.HasPrefix(p.Machine, machine) {
			return nil
		}
		if !slices.Contains(known, p.Machine) {
			known = append(known, p.Machine)
		}
	}
	if len(past) == 0 {
		return nil
	}
	return fmt.Errorf("--machine: %w", spelling.Unknown("fingerprint", machine, known))
}

// parseSince reads a date, an instant or an age; "" is the beginning of time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, fmt.Errorf("--since %s: want a date such as 2026-01-31, an instant such as "+
		"2026-01-31T06:00:00Z, or an age such as 30d or 12h", text)
}
