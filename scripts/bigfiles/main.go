// Bigfiles makes run files as large as a year of measuring makes them, has the
// program read them in every way that it can, and prints what each way took: seconds,
// those of a processor, the most memory that was resident, and bytes of run file per
// second.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"mmapbench/report/reporttest"
)

// pastTrials is how many trials each run of the history has.
const pastTrials = 432

func main() {
	log.SetFlags(0)
	trials := flag.Int("trials", 100_000, "of each of the two big files")
	keep := flag.String("keep", "", "make the files in this folder, or find them there, and leave them")
	only := flag.String("only", "", "run only the case of this name")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("name the program to be tried, such as ./mmapbench")
	}
	program, err := filepath.Abs(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	if err := bench(program, *trials, *keep, *only); err != nil {
		log.Fatal(err)
	}
}

func bench(program string, trials int, dir, only string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "mmapbench-bigfiles-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	a, b, store := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl"), filepath.Join(dir, "store")
	runs := max(2, trials*365/100_000)
	size, err := makeFiles(a, b, store, trials, runs)
	if err != nil {
		return err
	}
	charts := []string{"--out", filepath.Join(dir, "charts")}
	cases := []struct {
		name string
		size int64
		args []string
	}{
		{"report with PNG charts", size[0], append([]string{"report", a, "--charts", "png"}, charts...)},
		{"report with SVG charts", size[0], append([]string{"report", a, "--charts", "svg"}, charts...)},
		{"report csv", size[0], []string{"report", a, "--format", "csv", "--charts", "none"}},
		{"report json", size[0], []string{"report", a, "--format", "json", "--charts", "none"}},
		{"compare two files", size[0] + size[1], []string{"compare", a, b}},
		{"compare --by backend", size[0], []string{"compare", a, "--by", "backend"}},
	}
	for _, format := range []string{"gobench", "github-action-benchmark", "bencher", "google-benchmark", "openmetrics",
		"summary", "comment"} {
		cases = append(cases, struct {
			name string
			size int64
			args []string
		}{"export " + format, size[0], []string{"export", format, a}})
	}
	cases = append(cases, struct {
		name string
		size int64
		args []string
	}{fmt.Sprintf("history of %d runs", runs), size[2], []string{"history", store, "--charts", "png", "--out",
		filepath.Join(dir, "charts")}})
	fmt.Printf("%d trials a file\n%-32s %8s %8s %9s %9s\n", trials, "", "seconds", "CPU s", "peak MiB", "MiB/s")
	for _, c := range cases {
		if only != "" && c.name != only {
			continue
		}
		if err := measure(program, c.name, c.size, c.args); err != nil {
			return err
		}
	}
	return nil
}

func measure(program, name string, size int64, args []string) error {
	cmd := exec.Command(program, args...)
	text := &tail{}
	cmd.Stderr = text
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began).Seconds()
	// compare ends with 1 where it finds a regression, and with 3 where it is not sure.
	if code := cmd.ProcessState.ExitCode(); err != nil && (args[0] != "compare" || code < 1 || code > 3) {
		return fmt.Errorf("%s %v: %w\n%s", program, args, err, text.kept)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("%s: no account of the memory", name)
	}
	const mebibyte = 1 << 20
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	fmt.Printf("%-32s %8.2f %8.2f %9.0f %9.1f\n", name, took, cpu.Seconds(), float64(usage.Maxrss)/1024,
		float64(size)/mebibyte/took)
	return nil
}

// A tail keeps the end of what is written.
type tail struct{ kept []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	t.kept = t.kept[max(0, len(t.kept)-1000):]
	return len(b), nil
}

// makeFiles makes the files that are missing, and returns the sizes of the two big
// files and of the history.
func makeFiles(a, b, store string, trials, runs int) (size [3]int64, err error) {
	if err := os.MkdirAll(store, 0o755); err != nil {
		return size, err
	}
	var paths []string
	for i := range runs {
		paths = append(paths, filepath.Join(store, fmt.Sprintf("%04d.jsonl", i)))
	}
	for i, path := range append([]string{a, b}, paths...) {
		n := trials
		if i >= 2 {
			n = pastTrials
		}
		info, err := os.Stat(path)
		if err != nil {
			if err := reporttest.Big(path, n, uint64(i)); err != nil {
				return size, err
			}
			if info, err = os.Stat(path); err != nil {
				return size, err
			}
		}
		size[min(i, 2)] += info.Size()
	}
	return size, nil
}
