// Command mmapbench measures whether, on this device, a program should use
// mmap or read/write. Everything it does is in package cli.
package main

import (
	"os"

	"mmapbench/cli"
)

func main() { os.Exit(cli.Main()) }
