package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mmapbench/experiment"
	"mmapbench/io/backend"
)

var listTopics = []string{"workloads", "backends", "grid", "experiments"}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [workloads|backends|grid|experiments]",
		Short: "List what there is to choose from, and what this kernel supports",
		Example: `  mmapbench list
  mmapbench list backends
  mmapbench list grid     # which workload fits which backend`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeNames(func() []string { return listTopics }),
		RunE: func(_ *cobra.Command, args []string) error {
			topics := listTopics
			if len(args) == 1 {
				if err := checkName("topic", args[0], listTopics); err != nil {
					return err
				}
				topics = args
			}
			for i, t := range topics {
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				if err := a.list(t); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *app) list(topic string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n", strings.ToUpper(topic))
	switch topic {
	case "workloads":
		for _, x := range a.catalogue.Workloads {
			fmt.Fprintf(w, "  %s\t%s\n", x.Info().Name, x.Info().Summary)
		}
	case "backends":
		for _, b := range a.catalogue.Backends {
			listBackend(w, b.Info())
		}
	case "grid":
		a.listGrid(w)
	case "experiments":
		for _, name := range experiment.Builtin() {
			e, err := experiment.Load(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "  %s\t%s\n", name, e.About)
		}
	}
	return w.Flush()
}

// listBackend describes a backend's options and asks the kernel for each.
func listBackend(w *tabwriter.Writer, info backend.Info) {
	fmt.Fprintf(w, "  %s\t\t%s\n", info.Name, info.Summary)
	for _, o := range info.Options {
		doc := o.Doc
		if o.Default != "" {
			doc += "; default " + o.Default
		}
		if o.Since != "" {
			doc += "; since " + o.Since
		}
		if o.Kind != backend.Choice {
			fmt.Fprintf(w, "    %s\t%s\t%s\n", o.Usage(), supported(o, ""), doc)
			continue
		}
		fmt.Fprintf(w, "    %s=\t\t%s\n", o.Name, doc)
		for _, v := range o.Values {
			fmt.Fprintf(w, "      %s\t%s\t\n", v, supported(o, v))
		}
	}
}

// supported asks the running kernel for an option.
func supported(o backend.Option, value string) string {
	if o.Probe == nil {
		return "yes"
	}
	if err := o.Probe(value); err != nil {
		return "no: " + err.Error()
	}
	return "yes"
}

func (a *app) listGrid(w *tabwriter.Writer) {
	fmt.Fprint(w, "  \t")
	for _, b := range a.catalogue.Backends {
		fmt.Fprintf(w, "%s\t", b.Info().Name)
	}
	fmt.Fprintln(w)
	for _, x := range a.catalogue.Workloads {
		fmt.Fprintf(w, "  %s\t", x.Info().Name)
		for _, b := range a.catalogue.Backends {
			cell := "yes"
			if x.Info().Kind.Fits(b) != nil {
				cell = "-"
			}
			fmt.Fprintf(w, "%s\t", cell)
		}
		fmt.Fprintln(w)
	}
}
