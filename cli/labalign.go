//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/internal/units"
	"mmapbench/lab"
)

func (a *app) labAlign(common *lab.Common) *cobra.Command {
	var o lab.AlignOptions
	var page string
	c := &cobra.Command{
		Use: "align [OFFSET…]",
		Long: `align computes where a mapping must begin, and how long it must be, so that it
holds the bytes from OFFSET on, and has the kernel confirm it. Offsets may be
decimal, 0x hexadecimal, 0o octal (as is a leading 0), 0b binary, or have a unit:
5000, 0x1388, 4k.`,
		Example: `  mmapbench lab align 5000 0x10000
  mmapbench lab align 4k --page 16k      # as on a Raspberry Pi 5
  mmapbench lab align 1M --length 300`,
		RunE: func(_ *cobra.Command, args []string) (err error) {
			o.Common, o.Offsets = a.labCommon(common), args
			if page != "" {
				if o.Page, err = units.ParseSize(page); err != nil {
					return fmt.Errorf("--page: %w", err)
				}
			}
			return a.labRun(func(_ context.Context, w io.Writer) error { return lab.Align(w, o) })
		},
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		// A negative number looks like a flag.
		e, unknown := errors.AsType[*pflag.NotExistError](err)
		if unknown && strings.IndexFunc(e.GetSpecifiedShortnames(), unicode.IsDigit) == 0 {
			return fmt.Errorf("an offset is not negative: a file begins at 0\nsee '%s --help'", c.CommandPath())
		}
		return c.Parent().FlagErrorFunc()(c, err)
	})
	c.Flags().StringVar(&o.Length, "length", "", "`bytes` wanted from each offset on (default 1)")
	c.Flags().StringVar(&page, "page", "", "compute with pages of this `size`, as on another machine")
	return a.labProgram(c)
}
