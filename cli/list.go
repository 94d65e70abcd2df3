//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/experiment"
	"mmapbench/io/backend"
)

var listTopics = []string{"workloads", "backends", "grid", "experiments", "metrics"}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [workloads|backends|grid|experiments [NAME]|metrics]",
		Short: "List what there is to choose from, and what this kernel supports",
		Example: `  mmapbench list
  mmapbench list backends
  mmapbench list grid     # which workload fits which backend
  mmapbench list metrics  # every counter: unit, scope, source, and whether it is here
  mmapbench list experiments quick > my.toml  # one to start from`,
		Args: arguments(0, 2, "at most one topic, and of experiments a name"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch {
			case len(args) == 0:
				return listTopics, cobra.ShellCompDirectiveNoFileComp
			case len(args) == 1 && args[0] == "experiments":
				return experiment.Builtin(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.printExperiment(args[0], args[1])
			}
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

// printExperiment prints a built-in experiment as TOML.
func (a *app) printExperiment(topic, name string) error {
	if topic != "experiments" {
		return fmt.Errorf("list %s takes no name: only experiments have one", topic)
	}
	text, err := experiment.Source(name)
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

func (a *app) list(topic string) error {
	c := &columns{}
	c.head(strings.ToUpper(topic))
	switch topic {
	case "workloads":
		for _, x := range a.catalogue.Workloads {
			c.add("  "+x.Info().Name, x.Info().Summary)
			for _, o := range x.Info().Options {
				c.add("    "+o.Usage(), documented(o))
			}
		}
	case "backends":
		a.listBackends(c)
	case "grid":
		a.listGrid(c)
	case "experiments":
		for _, name := range experiment.Builtin() {
			e, err := experiment.Load(name)
			if err != nil {
				return err
			}
			c.add("  "+name, e.About)
		}
	case "metrics":
		if err := a.listMetrics(c); err != nil {
			return err
		}
	}
	return a.show(c.table())
}

// documented is what there is to say of an option, wherever it is.
func documented(o backend.Option) string {
	doc := o.Doc
	if o.Default != "" {
		doc += "; default " + o.Default
	}
	if o.Since != "" {
		doc += "; since " + o.Since
	}
	return doc
}

// listGrid says for each workload which backends can do it.
func (a *app) listGrid(c *columns) {
	for _, x := range a.catalogue.Workloads {
		var can []string
		for _, b := range a.catalogue.Backends {
			if _, err := backend.Configure(b, x.Info().Verb(), "", nil); err == nil {
				can = append(can, b.Info().Name)
			}
		}
		c.add("  "+x.Info().Name, strings.Join(can, ", "))
	}
}
