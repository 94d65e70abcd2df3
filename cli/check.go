//go:build linux && !386 && !arm

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/internal/plain"
	"mmapbench/internal/preflight"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/results"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Can figures of DIR be trusted? (default: the current directory)",
		Long: `check asks the file system of DIR, by experiment, what a benchmark takes for
granted: that written bytes come back, that mappings and read/write see the same
file, what happens at a file's end, which advice has an effect, how the page cache
can be emptied and seen. Each answer names what was observed.

It writes a few small files into DIR/mmapbench.d and leaves DIR as it was. "run"
asks the vital part by itself.

Exit codes: 0 every vital question was answered with yes, 1 one was not, 2 usage
or error.`,
		Example: "  mmapbench check\n  mmapbench check /mnt/sd\n  mmapbench check --json /mnt/sd | jq -r " +
			"'.findings[] | select(.answer != \"yes\") | .name'",
		Args: arguments(0, 1, "at most one directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.check(dir, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) check(dir string, asJSON bool) error {
	t, err := newTarget("to check", dir)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	defer stop()
	fmt.Fprintf(a.err, "Checking %s; that writes less than %s there, and leaves nothing.\n",
		plain.Line(t.Dir), units.FormatSize(preflight.Bytes))
	r, err := preflight.Check(ctx, t.Dir)
	if r != nil {
		results.Show(r) // directories and options of mounts may hold anything
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &exitError{ExitInterrupted, nil}
	case r == nil:
		return err
	case asJSON:
		err = errors.Join(err, a.writeJSON(r))
	default:
		err = errors.Join(err, a.printChecked(r))
	}
	if !r.Trusted {
		return &exitError{ExitProblem, err}
	}
	return err
}

// wideEnough is from how many columns on the evidence stands beside the
// question, and not below it.
const wideEnough = 120

// printChecked writes the findings by group, and what follows from them.
func (a *app) printChecked(r *preflight.Report) error {
	width := textWidth(a.out)
	if err := a.show(findingsTable(r, width)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%s", closing(r, width))
	return err
}

// tones say whether an answer is what a benchmark hopes for.
var tones = map[preflight.Answer]document.Tone{preflight.Yes: document.Good, preflight.No: document.Bad}

// findingsTable has a row for each question. Questions that could not be asked for the
// same reason share a row.
func findingsTable(r *preflight.Report, width int) *document.Table {
	c := &columns{}
	group := ""
	for i, f := range r.Findings {
		if f.Group != group {
			group = f.Group
			c.head(strings.ToUpper(group))
		}
		question := f.Question
		if f.Lacks == preflight.LacksFile {
			if repeats(r.Findings[:i], f) {
				continue
			}
			question = unasked(r.Findings, f)
		}
		answer := document.Text("  " + string(f.Answer))
		answer.Tone = tones[f.Answer]
		if width >= wideEnough {
			c.addRow(document.Row{answer, document.Text(question), document.Text(f.Evidence)})
		} else {
			c.addRow(document.Row{answer, document.Text(question + "\n" + f.Evidence)})
		}
	}
	return c.table()
}

// repeats reports whether the group has said already that it could not be asked.
func repeats(before []preflight.Finding, f preflight.Finding) bool {
	return slices.ContainsFunc(before, func(g preflight.Finding) bool {
		return g.Group == f.Group && g.Lacks == f.Lacks
	})
}

// unasked stands for the questions of a group that could not be asked for the
// same reason.
func unasked(all []preflight.Finding, f preflight.Finding) string {
	n := 0
	for _, g := range all {
		if g.Group == f.Group && g.Lacks == f.Lacks {
			n++
		}
	}
	if n == 1 {
		return f.Question
	}
	return fmt.Sprintf("%d questions that need a file", n)
}

// closing says in words what the findings come to, and what can be done.
func closing(r *preflight.Report, width int) string {
	var b strings.Builder
	where := r.Dir
	if r.FileSystem != "" {
		where += " (" + r.FileSystem
		if r.Device != "" {
			where += " on " + r.Device
		}
		where += ")"
	}
	say := func(text string) { fmt.Fprintln(&b, prose.Wrap(text, width)) }
	list := func(head string, lines []string) {
		if len(lines) == 0 {
			return
		}
		say(head)
		for _, l := range lines {
			fmt.Fprintln(&b, "  - "+strings.TrimLeft(prose.Indent(l, "    ", width), " "))
		}
	}
	switch {
	case r.Trusted:
		say(fmt.Sprintf("%s can be trusted: the vital questions, %d in all, were answered with yes.",
			where, vital(r.Findings)))
	case slices.ContainsFunc(r.Findings, lies):
		list(where+" cannot be trusted, and a run refuses it:", troubles(r))
	default:
		list(where+" could not be examined, so it is not trusted:", troubles(r))
	}
	list("A run leaves out:", noted(r.Findings, preflight.Degrades))
	list("Good to know:", noted(r.Findings, preflight.Fact))
	return b.String()
}

func vital(all []preflight.Finding) (n int) {
	for _, f := range all {
		if f.Weight == preflight.Vital {
			n++
		}
	}
	return n
}

func lies(f preflight.Finding) bool {
	return f.Weight == preflight.Vital && f.Answer == preflight.No
}

// troubles are the vital questions without a yes. Those that could not be asked
// for the same reason are one trouble.
func troubles(r *preflight.Report) []string {
	var out []string
	type cause struct {
		lack preflight.Lack
		why  string
	}
	names := map[cause][]string{}
	var causes []cause
	for _, f := range r.Findings {
		switch {
		case f.Weight != preflight.Vital || f.Answer == preflight.Yes:
		case f.Answer == preflight.No:
			out = append(out, fmt.Sprintf("%s: %s: %s", f.Name, f.Evidence, f.Consequence))
		default:
			c := cause{f.Lacks, f.Evidence}
			if names[c] == nil {
				causes = append(causes, c)
			}
			names[c] = append(names[c], f.Name)
		}
	}
	for _, c := range causes {
		text := fmt.Sprintf("not asked: %s: %s", strings.Join(names[c], ", "), c.why)
		if c.lack == preflight.LacksFile {
			text += fmt.Sprintf("; choose a directory that you may write to, with %s free",
				units.FormatSize(preflight.Room))
		}
		out = append(out, text)
	}
	return out
}

// noted are the consequences of what was answered with no.
func noted(all []preflight.Finding, w preflight.Weight) []string {
	var out []string
	for _, f := range all {
		if f.Weight == w && f.Answer == preflight.No {
			out = append(out, f.Name+": "+cmp.Or(f.LeavesOut, f.Consequence))
		}
	}
	return out
}
