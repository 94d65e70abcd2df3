//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/bisect"
	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
)

// bisectOptions are the flags of bisect.
type bisectOptions struct {
	good, bad, build, side, repo, out string
	quiet                             bool
}

// binMark stands for the built program in the build's command and in the side.
const binMark = "$BIN"

func (a *app) bisectCommand() *cobra.Command {
	o := &bisectOptions{}
	c := &cobra.Command{
		Use:   "bisect --good A --bad B --build COMMAND [-- FLAGS OF GATE]",
		Short: "Which commit made it slower? A gate of both ends, then halves",
		Long: `bisect looks for the commit with which a program became slower. It builds the good
and the bad end in checkouts of their own (yours stays as it is) and lets a gate say
whether the bad one is slower at all. Then it builds the commit in the middle, asks a
gate whether that is slower than the good end by half as much, and so on, along first
parents. A commit that does not build is passed over; one that stays open is measured
again with twice the rounds, and then left among those that may be the one.

--build is run by /bin/sh in the checkout and makes the program $BIN. --side says how
it is measured, as a side of a gate: by itself it is a program built on mmapbench, or
a command. What follows -- are flags of gate: the files of a command, the workload,
the metric, the rounds.

After every try what is known is kept in the folder of --out, with the run files: the
same command again goes on where it stopped.

Exit codes: 0 the commit is found, or the bad end is not slower; 2 usage or error;
3 inconclusive: one of several commits, or nothing could be shown; 130 interrupted.`,
		Example: `  mmapbench bisect --good v1.2 --build 'go build -o $BIN ./cmd/bench' -- --workload seqscan
  mmapbench bisect --good v1 --build 'make OUT=$BIN' --side 'exec:$BIN -q data' -- --file data
  mmapbench bisect --good v1 --bad main --build 'cp x.sh $BIN' -- --metric cpu --rounds 96`,
		Args: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at > 0 || at < 0 && len(args) > 0 {
				return fmt.Errorf("what is %q? Flags of gate come after --", args[0])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.bisect(args, o) },
	}
	f := c.Flags()
	f.StringVar(&o.good, "good", "", "a `commit` that was fast")
	f.StringVar(&o.bad, "bad", "HEAD", "a later `commit` that is slow")
	f.StringVar(&o.build, "build", "", "the `command` that makes the program "+binMark)
	f.StringVar(&o.side, "side", binMark, "the `side` of the gate, with "+binMark+" in it")
	f.StringVar(&o.repo, "repo", ".", "a `directory` of the repository")
	f.StringVar(&o.out, "out", "",
		"keep what is known and the run files in this `directory` (default: bisect-GOOD-BAD in "+resultsDir+")")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print no progress on standard error")
	return c
}

// A bisection is a search that is being carried out.
type bisection struct {
	*bisect.State
	app   *app
	o     *bisectOptions
	repo  *bisect.Repo
	gate  []string // flags of gates
	dir   string
	began bool // a gate has said what it does
}

func (a *app) bisect(args []string, o *bisectOptions) (err error) {
	if o.good == "" || o.build == "" {
		return errors.New("give --good, the commit that was fast, and --build, the command that makes " + binMark)
	}
	if !strings.Contains(o.side, binMark) || !strings.Contains(o.build, "BIN") {
		return fmt.Errorf("--side and --build must have %s in them, the path of the program: quote it, as in "+
			"--build 'go build -o %s .'", binMark, binMark)
	}
	if _, _, err := gateFlags(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	defer stop()
	b := &bisection{app: a, o: o, gate: args}
	if b.repo, err = bisect.OpenRepo(ctx, o.repo); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.repo.Close()) }()
	if err := b.load(ctx); err != nil {
		return err
	}
	if err = b.search(ctx); ctx.Err() != nil {
		return &exitError{ExitInterrupted,
			errors.New("interrupted: what is known is kept, and the same command goes on")}
	}
	return err
}

// gateFlags reads the flags that gates are run with.
func gateFlags(args []string) (*pflag.FlagSet, *gateOptions, error) {
	o := &gateOptions{told: true}
	f := pflag.NewFlagSet("gate", pflag.ContinueOnError)
	o.addFlags(f)
	if err := f.Parse(args); err != nil {
		return nil, nil, fmt.Errorf("flags of gate: %w", err)
	}
	for _, name := range []string{"base", "new", "out", "dry-run", "format", "inconclusive"} {
		if f.Changed(name) {
			return nil, nil, fmt.Errorf("flags of gate: --%s has no place here, as bisect sets it", name)
		}
	}
	if f.NArg() > 1 {
		return nil, nil, errors.New("flags of gate: at most one experiment")
	}
	return f, o, nil
}

// load finds the commits, and what is known of them from an earlier start.
func (b *bisection) load(ctx context.Context) error {
	commits, err := b.repo.Commits(ctx, b.o.good, b.o.bad)
	if err != nil {
		return err
	}
	good, bad := commits[0], commits[len(commits)-1]
	if b.dir = b.o.out; b.dir == "" {
		b.dir = filepath.Join(resultsDir, "bisect-"+good.Short()+"-"+bad.Short())
	}
	question := append([]string{good.Hash, bad.Hash, b.o.build, b.o.side}, b.gate...)
	if b.State, err = bisect.Load(b.dir); err != nil {
		return err
	}
	switch {
	case b.State == nil:
		b.State = &bisect.State{Question: question, Commits: commits, Tries: []bisect.Try{}}
	case !slices.Equal(b.Question, question):
		return fmt.Errorf("%s has the state of another search, with other commits or flags: remove it, or name "+
			"another folder with --out", b.dir)
	}
	b.say("%s from %s to %s.", prose.Count(len(b.Commits)-1, "commit"), good.Short(), bad.Short())
	return nil
}

func (b *bisection) say(format string, args ...any) {
	if !b.o.quiet {
		fmt.Fprintln(b.app.err, plain.Line(fmt.Sprintf(format, args...)))
	}
}

// print writes a line of the answer.
func (b *bisection) print(format string, args ...any) {
	fmt.Fprintln(b.app.out, plain.Line(fmt.Sprintf(format, args...)))
}

// search asks of the ends, then of halves.
func (b *bisection) search(ctx context.Context) error {
	good, bad := &b.Commits[0], &b.Commits[len(b.Commits)-1]
	if b.Ends == nil || b.Ends.Outcome == bisect.Open {
		t, err := b.try(ctx, bad)
		switch {
		case err != nil:
			return err
		case t.Outcome == bisect.Skipped:
			return fmt.Errorf("an end does not build: %s", t.Why)
		}
		b.Ends = t
		if err := b.Save(b.dir); err != nil {
			return err
		}
	}
	switch b.Ends.Outcome {
	case bisect.Good:
		b.print("%s is not slower than %s: %s. There is no commit to look for.", bad.Short(), good.Short(),
			ratioText(b.Ends))
		return nil
	case bisect.Open:
		b.print("It could not be shown that %s is slower than %s: %s. Give the gate more rounds, as in "+
			"-- --rounds 200, or judge by a counter.", bad.Short(), good.Short(), ratioText(b.Ends))
		return &exitError{verdict.ExitInconclusive, nil}
	}
	for c := b.Next(); c != nil; c = b.Next() {
		t, err := b.try(ctx, c)
		if err != nil {
			return err
		}
		b.Tries = append(b.Tries, *t)
		if err := b.Save(b.dir); err != nil {
			return err
		}
	}
	return b.conclude()
}

// try builds a commit and compares it with the good end, again with twice the rounds if
// that shows nothing.
func (b *bisection) try(ctx context.Context, c *bisect.Commit) (*bisect.Try, error) {
	t := &bisect.Try{Commit: c.Hash}
	var sides []string
	for _, end := range []*bisect.Commit{&b.Commits[0], c} {
		bin, err := b.repo.Build(ctx, *end, b.o.build)
		if broken, ok := errors.AsType[*bisect.BuildError](err); ok {
			t.Outcome, t.Why = bisect.Skipped, broken.Why
			b.say("%s %q does not build: %s", end.Short(), end.Subject, broken.Why)
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		sides = append(sides, strings.ReplaceAll(b.o.side, binMark, bin))
	}
	for _, times := range []int{1, 2} {
		if err := b.measure(t, sides, times); err != nil {
			return nil, err
		}
		b.say("%s %q: %s, %s.", c.Short(), c.Subject, ratioText(t), t.Outcome)
		if t.Outcome != bisect.Open {
			break
		}
	}
	return t, nil
}

// measure runs one gate.
func (b *bisection) measure(t *bisect.Try, sides []string, times int) error {
	f, o, err := gateFlags(b.gate)
	if err != nil {
		return err
	}
	o.base, o.fresh, o.output.dir = sides[0], sides[1], b.dir
	o.quiet = o.quiet || b.o.quiet
	o.told, b.began = b.began, true
	if b.Metric != "" {
		o.metrics, o.tolerance = b.Metric, fmt.Sprint(b.Tolerance)
	}
	if looks := verdict.Defaults().Looks; times > 1 {
		if !f.Changed("rounds") {
			o.rounds = looks[len(looks)-1]
		}
		o.rounds, o.budget = times*o.rounds, 2*o.budget
		f.Lookup("rounds").Changed = true
	}
	judged, path, err := b.app.judge(f, f.Args(), o)
	if path != "" {
		t.Files = append(t.Files, filepath.Base(path))
	}
	if err != nil {
		return err
	}
	switch judged.Outcome {
	case verdict.Passed:
		t.Outcome = bisect.Good
	case verdict.Regressed:
		t.Outcome = bisect.Bad
	default:
		t.Outcome = bisect.Open
	}
	b.note(t, slowest(judged))
	return nil
}

// slowest is the comparison with the largest slowdown, of those that are called one if
// any is.
func slowest(judged *analysis.Compared) (r *analysis.Comparison) {
	for i := range judged.Rows {
		row := &judged.Rows[i]
		rank := func(c *analysis.Comparison) float64 {
			if c.Verdict == verdict.Regression {
				return *c.Ratio
			}
			return *c.Ratio - 1e9
		}
		if row.Ratio != nil && (r == nil || rank(row) > rank(r)) {
			r = row
		}
	}
	return r
}

// note keeps what a gate measured. The first one fixes what is asked of those in the
// middle: half of the slowdown, by the same metric.
func (b *bisection) note(t *bisect.Try, r *analysis.Comparison) {
	if r == nil {
		return
	}
	t.Ratio, t.Low, t.High, t.Rounds = r.Ratio, nil, nil, r.Rounds
	if bounds := r.Deciding(); bounds != nil {
		t.Low, t.High = &bounds.Low, &bounds.High
	}
	if b.Metric == "" && t.Outcome == bisect.Bad {
		b.Metric, b.Tolerance = r.Metric.Name, math.Sqrt(*r.Ratio)-1
	}
}

// ratioText is "0.91 times as fast (0.88 to 0.94)".
func ratioText(t *bisect.Try) string {
	if t.Ratio == nil {
		return "no ratio"
	}
	text := words.Ratio(1 / *t.Ratio) + " times as fast"
	if t.Low != nil && t.High != nil {
		text += fmt.Sprintf(" (%s to %s)", words.Ratio(1 / *t.High), words.Ratio(1 / *t.Low))
	}
	return text
}

// conclude names the commits.
func (b *bisection) conclude() error {
	good, suspects := b.Commits[0], b.Suspects()
	found := len(suspects) == 1
	if found {
		b.print("This commit made it slower:")
	} else {
		b.print("One of these %d commits made it slower:", len(suspects))
	}
	for _, c := range suspects {
		b.print("  %s %s %s: %s", c.Short(), c.Date, c.Author, c.Subject)
		if c.Merge && found {
			b.print("It is a merge. For the commits that it brought in: --good $(git merge-base %[1]s^1 %[1]s^2) "+
				"--bad %[1]s^2", c.Short())
		}
	}
	b.print("Tried against %s, by %s:", good.Short(), b.Metric)
	for _, c := range b.Commits {
		for _, t := range append([]bisect.Try{*b.Ends}, b.Tries...) {
			if t.Commit != c.Hash {
				continue
			}
			what := ratioText(&t)
			if t.Outcome == bisect.Skipped {
				what = t.Why
			}
			b.print("  %s %s %-7s %s", c.Short(), c.Date, t.Outcome, what)
		}
	}
	b.print("The run files are in %s.", b.dir)
	if !found {
		return &exitError{verdict.ExitInconclusive, nil}
	}
	return nil
}
