//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"mmapbench/experiment"
	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/target"
)

// welcomeWidth is that of the narrowest terminals in use.
const welcomeWidth = 80

// welcome says what the program is for, what run would do here, and what to type
// next. It writes no file.
func (a *app) welcome() error {
	width := min(textWidth(a.out), welcomeWidth)
	var b strings.Builder
	say := func(text string) { fmt.Fprintln(&b, prose.Wrap(text, width)) }
	say("mmapbench measures whether a program should use mmap or read/write on a device.")
	fmt.Fprintln(&b)
	run, does := "  mmapbench run", "do that; with --dry-run it shows the whole plan and stops"
	if err := a.expect(&b, width); err != nil {
		run, does = "  mmapbench run -t DIR", "benchmark another directory; --out names one for the results"
		say("mmapbench run cannot begin in this directory: " + plain.Line(err.Error()) + ".")
	}
	c := &columns{}
	c.head("Next:")
	c.add(run, does)
	c.add("  mmapbench check", "ask whether figures of this directory can be trusted")
	c.add("  mmapbench lab", "see what a mapping is, in small programs")
	fmt.Fprintln(&b)
	if err := c.write(&b, width); err != nil {
		return err
	}
	say("mmapbench --help lists every command. Nothing was written.")
	_, err := io.WriteString(a.out, b.String())
	return err
}

// expect says what run would do in the current directory.
func (a *app) expect(w io.Writer, width int) error {
	e, err := experiment.Load(experiment.Quick)
	if err != nil {
		return err
	}
	if err := checkOut(resultsDir); err != nil {
		return err
	}
	list, err := parseTargets(nil)
	if err != nil {
		return err
	}
	foreseen, err := a.foresee(list)
	if err != nil {
		return err
	}
	defer closeForeseen(foreseen)
	plan, err := experiment.Build(e, a.catalogue, likely(foreseen))
	if err != nil {
		return err
	}
	here := foreseen[0]
	c := &columns{}
	c.head("mmapbench run, in this directory, would")
	c.add("  measure", fmt.Sprintf("%s, in pages of %s", here.Device, units.FormatSize(int64(os.Getpagesize()))))
	c.add("  try", workloadsAndSizes(plan))
	c.add("  take", howLong(plan))
	write := "at most " + units.FormatSize(plan.WriteBytes+target.OpeningBytes)
	if overBudget(plan) {
		write = "about " + units.FormatSize(within(plan, plan.WriteBytes)+target.OpeningBytes) + ", " + write
	}
	c.add("  read", fmt.Sprintf("%s, and write %s (%s are free)",
		traffic(within(plan, plan.ReadBytes), "about", "nothing"), write,
		units.FormatSize(here.Likely.Free)))
	if err := c.write(w, width); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, prose.Wrap(fmt.Sprintf("Bytes and time are estimates, as the speed %s.",
		basis(here)), width))
	return err
}

// workloadsAndSizes names what a plan tries, and on how large files.
func workloadsAndSizes(p *results.Plan) string {
	var names, sizes []string
	for _, arm := range p.Arms {
		names = addName(names, arm.Workload)
		sizes = addName(sizes, units.FormatSize(arm.Size))
	}
	return fmt.Sprintf("%s, on files of %s", strings.Join(names, ", "), strings.Join(sizes, " and "))
}

// howLong says how long a plan takes.
func howLong(p *results.Plan) string {
	expected, budget := units.FormatDuration(p.Expected), units.FormatDuration(p.Budget)
	switch {
	case p.Expected == 0 && p.Budget == 0:
		return "how long that takes is not known"
	case p.Expected == 0:
		return "the budget is " + budget
	case p.Budget == 0:
		return "about " + expected
	case overBudget(p):
		return fmt.Sprintf("%s, the budget; all %d rounds would take about %s", budget, p.Rounds, expected)
	}
	return fmt.Sprintf("about %s; the budget is %s", expected, budget)
}
