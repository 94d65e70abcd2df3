// Command simulate tries the gate's rules on invented noise and prints how often
// they err, as a Markdown table.
//
// The seed is another than the one with which the thresholds were chosen: a promise
// on errors is worth what was tried afterwards.
package main

import (
	"flag"
	"fmt"
	"os"

	"mmapbench/analysis/simulate"
)

func main() {
	suites := flag.Int("suites", 10_000, "per noise model and setting")
	seed := flag.Uint64("seed", 2027, "of the noise")
	flag.Parse()
	if err := simulate.Validate(os.Stdout, *suites, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}
