// Command simulate tries the gate's rules on invented noise and prints how often
// they err, as a Markdown table.
//
// Its attitude: a promise on errors is worth what was tried, under another seed
// than the one that thresholds were chosen with.
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
