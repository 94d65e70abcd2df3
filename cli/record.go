//go:build linux && !386 && !arm

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/internal/trace"
)

// recordOptions are the flags of record.
type recordOptions struct{ file, under string }

func (a *app) recordCommand() *cobra.Command {
	o := &recordOptions{}
	c := &cobra.Command{
		Use:   "record -o FILE -- COMMAND [ARGUMENT]...",
		Short: "Record what a program does with its files, for run --trace",
		Long: `record runs a command under strace(1) and writes down each read, write and sync of
a regular file as a line of FILE. The exit code is that of the command; Ctrl-C ends
the command, and what was recorded is kept. docs/replay.md describes the table.

Accesses through a mapping leave no system calls. Their page faults are counted by
perf(1) where it is installed and permitted.`,
		Example: `  mmapbench record -o db.csv -- sqlite3 my.db 'select count(*) from t'
  mmapbench record -o rg.csv --under src -- rg -c main src
  mmapbench run --trace db.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.record(o, args) },
	}
	c.Flags().StringVarP(&o.file, "output", "o", "", "write the table to this `file`, which must not exist")
	c.Flags().StringVar(&o.under, "under", "", "keep the files below this `directory` alone, and not libraries")
	_ = c.MarkFlagRequired("output") // the only error is an unknown flag
	return c
}

// record runs the command, and writes down what strace has seen.
func (a *app) record(o *recordOptions, command []string) error {
	if _, err := exec.LookPath(command[0]); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if _, err := exec.LookPath("strace"); err != nil {
		return fmt.Errorf("record needs strace, which is not installed: install the package strace, or record "+
			"elsewhere by strace -f -y -ttt -T -s 0 -o %s -e trace=%s", o.file, trace.Calls)
	}
	out, err := os.OpenFile(o.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("record to %s: %w", o.file, err)
	}
	defer out.Close()
	raw, faults := o.file+".strace", o.file+".faults"
	argv := append([]string{"strace", "-f", "-y", "-ttt", "-T", "-s", "0", "-o", raw, "-e", "trace=" + trace.Calls,
		"-e", "signal=none", "--"}, command...)
	unseen := "perf is not installed, or not permitted here: how often mappings were faulted is not known"
	if perfTraces() {
		argv = append([]string{"perf", "trace", "--no-syscalls", "-F", "all", "-o", faults, "--"}, argv...)
		unseen = ""
	}
	if err := a.runRecorded(argv); err != nil {
		return errors.Join(err, os.Remove(o.file))
	}
	t, err := o.read(raw)
	if err != nil {
		return errors.Join(fmt.Errorf("%w (what strace wrote is kept in %s)", err, raw), os.Remove(o.file))
	}
	if unseen == "" {
		unseen = faultsIn(faults)
		_ = os.Remove(faults) // perf may have made none
	}
	remarks := append(t.Summary().Text(), "command: "+strings.Join(command, " "), unseen)
	if err := errors.Join(t.WriteCSV(out, plain.Lines(remarks)...), out.Close(), os.Remove(raw)); err != nil {
		return fmt.Errorf("record to %s: %w", o.file, err)
	}
	for _, line := range append(t.Summary().Text(), unseen) {
		fmt.Fprintln(a.err, plain.Line(line))
	}
	fmt.Fprintf(a.err, "Replay it: mmapbench run --trace %s\n", plain.Line(o.file))
	if code := exitCode(t.Ended); code != 0 {
		fmt.Fprintf(a.err, "%s %s.\n", plain.Line(command[0]), t.Ended)
		return &exitError{code, nil}
	}
	return nil
}

// exitCode is that of a process as a shell has it. perf passes on none, but strace writes
// how the process ended: "exited with 3", "killed by SIGINT".
func exitCode(ended string) (code int) {
	if _, err := fmt.Sscanf(ended, "exited with %d", &code); err == nil {
		return code
	}
	var name string
	if _, err := fmt.Sscanf(ended, "killed by %s", &name); err != nil {
		return 0
	}
	return 128 + int(unix.SignalNum(name))
}

// runRecorded runs a command until it ends, however. Ctrl-C reaches the command from the
// terminal.
func (a *app) runRecorded(argv []string) error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.err
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return fmt.Errorf("run %s: %w", argv[0], err)
	}
	return nil
}

// read reads what strace wrote.
func (o *recordOptions) read(raw string) (*trace.Trace, error) {
	t, err := trace.Open(raw)
	if err == nil && o.under != "" {
		var dir string
		if dir, err = filepath.Abs(o.under); err == nil {
			t, err = t.Under(dir)
		}
	}
	if err != nil {
		return nil, err
	}
	t.Name, t.Path = filepath.Base(o.file), o.file
	return t, nil
}

// perfTraces finds out whether perf may look at page faults.
func perfTraces() bool {
	return exec.Command("perf", "trace", "--no-syscalls", "-F", "all", "-o", os.DevNull, "--", "true").Run() == nil
}

// faultsIn says what perf trace has seen of mapped files: lines such as
//
//	0.124 ( 0.000 ms): cat/23996 minfault [main+0x3d] => /srv/db@0x33e06 (d.)
func faultsIn(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "perf has left no record of page faults"
	}
	defer f.Close()
	counts, major, all := map[string]int{}, 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		before, target, ok := strings.Cut(s.Text(), "] => /")
		if i := strings.LastIndex(target, "@0x"); ok && i >= 0 && !strings.Contains(before, ": strace/") {
			name := "/" + target[:i]
			if name == "//anon" {
				continue
			}
			if all++; strings.Contains(before, " majfault ") {
				major++
			}
			if counts[name] > 0 || len(counts) < 1<<16 {
				counts[name]++
			}
		}
	}
	text := fmt.Sprintf("through mappings: %s of %s, %d of them major", prose.Count(all, "page fault"),
		prose.Count(len(counts), "file"), major)
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		if counts[x] != counts[y] {
			return counts[y] - counts[x]
		}
		return strings.Compare(x, y)
	})
	for i, name := range names[:min(len(names), 3)] {
		text += fmt.Sprintf("%s %s %d", []string{"; most", ",", ","}[i], name, counts[name])
	}
	return text
}
