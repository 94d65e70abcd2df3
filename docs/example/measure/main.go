// Command measure asks its own question, without the command line of mmapbench: it
// opens a target, makes a plan, carries the plan out and shows what was measured.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"

	"mmapbench/analysis"
	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/report"
	"mmapbench/report/document"
	"mmapbench/results"
	"mmapbench/session"
	"mmapbench/target"
	"mmapbench/workloads"
)

var all = workloads.Catalogue{Workloads: workloads.All(), Backends: slices.Concat(readwrite.All(), mmapio.All())}

func measure() error {
	question, err := experiment.Parse("scan.toml", []byte("workload = 'seqscan'\nsize = '1M'\nrounds = 6"))
	if err != nil {
		return err
	}
	here, err := target.Open(results.Target{Name: "here", Dir: "."}, all)
	if err != nil {
		return err
	}
	defer here.Close()
	plan, err := experiment.Build(question, all, []target.Site{here.Site})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out, err := session.Run(ctx, session.Request{
		Plan: plan, Catalogue: all, Targets: []*target.Target{here}, Dir: "results", Tell: tell,
	})
	if err != nil {
		return err
	}
	run, err := results.Read(out.Path)
	if err != nil {
		return err
	}
	return document.Write(os.Stdout, report.Run(out.Path, analysis.Summarize(run), false), "", document.TextOptions{})
}

func tell(e harness.Event) {
	if p, ok := e.(harness.Progress); ok {
		fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", p.Round+1, p.Rounds, p.Arm.Backend)
	}
}

func main() {
	harness.WorkerMain(all) // a trial is a process of its own: this program once more
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
