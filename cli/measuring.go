//go:build linux && !386 && !arm

package cli

import "github.com/spf13/cobra"

// measuring returns the commands that measure, or ask this machine: those that come
// before the commands that read run files, and those that come after.
func (a *app) measuring() (first, last []*cobra.Command) {
	return []*cobra.Command{a.runCommand(), a.recordCommand(), a.gateCommand(), a.bisectCommand()},
		[]*cobra.Command{a.listCommand(), a.envCommand(), a.checkCommand(), a.cleanCommand(), a.labCommand(),
			a.labChildCommand()}
}
