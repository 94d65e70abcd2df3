//go:build linux && !386 && !arm

package cli

import (
	"github.com/spf13/cobra"

	"mmapbench/internal/host"
	"mmapbench/report/document"
	"mmapbench/target"
)

func (a *app) envCommand() *cobra.Command {
	var asJSON bool
	var targets []string
	c := &cobra.Command{
		Use:     "env",
		Short:   "Print the facts of this machine and its devices that go into every run file",
		Example: "  mmapbench env\n  mmapbench env --target sd=/mnt/sd --json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			list, err := parseTargets(targets)
			if err != nil {
				return err
			}
			facts := target.Facts(list)
			if !asJSON {
				return a.printFacts(facts)
			}
			return a.writeJSON(struct {
				Fingerprint string `json:"fingerprint"`
				host.Facts
			}{host.Fingerprint(facts), facts})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringArrayVar(&targets, "target", nil, targetUsage)
	completeValue(c, "target", targetCandidates)
	return c
}

// printFacts writes a list for each section of the facts.
func (a *app) printFacts(facts host.Facts) error {
	var blocks []document.Block
	for _, section := range host.Describe(facts) {
		c := &columns{}
		c.head(section.Title)
		for _, r := range section.Rows {
			c.add("  "+r.Name, r.Value)
		}
		blocks = append(blocks, c.table())
	}
	return a.show(blocks...)
}
