// Command realgates runs real gates of which the right answer is known, and counts what
// they said: a build against itself, and against builds that are slower by a known share.
// Each gate leaves a line in a file, so that many can be run in pieces: what is in the
// file already is not run again.
//
//	go run ./scripts/realgates -log gates.jsonl -same 300 -slow 59
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mmapbench/analysis/simulate"
)

// work is what each gate measures: two comparisons, as small as a gate's file may be.
var work = strings.Fields("--workload probe --size 1M --record 64k --cache cached,cold --backend mmap")

// A kind of gate is one of which the right answer is known.
type kind struct {
	name  string
	delay string // of the new build; see scripts/probe
	// wrong and right are the outcomes that break a promise and that keep it.
	wrong, right string
	count        *int
}

// kinds are twice the tolerance, and what is beside it: a delay belongs to each phase and
// not to the time between them, so 5% lies just below the tolerance.
func kinds() []kind {
	same := flag.Int("same", 0, "gates of a build against itself")
	slow := flag.Int("slow", 0, "gates of a build that is slower by twice the tolerance")
	others := flag.Int("others", 0, "gates of each build that is slower by another share, or sleeps")
	return []kind{
		{"the same build", "", "regression", "pass", same},
		{"slower: spin10", "spin:10%", "pass", "regression", slow},
		{"slower: sleep10", "sleep:10%", "pass", "regression", others},
		{"slower: spin5", "spin:5%", "", "regression", others},
		{"slower: sleep5", "sleep:5%", "", "regression", others},
		{"slower: spin20", "spin:20%", "pass", "regression", others},
	}
}

// A gate is a line of the file.
type gate struct {
	Kind    string    `json:"kind"`
	Seed    int       `json:"seed"`
	Outcome string    `json:"outcome"`
	Rounds  int       `json:"rounds"`
	Seconds float64   `json:"seconds"`
	Started time.Time `json:"started"`
	// Rows are the verdicts on the comparisons, by their cache state.
	Rows map[string]string `json:"rows,omitempty"`
}

// said is the outcome of the gate, or with a cache state that of the comparison alone.
func (g gate) said(cache string) string {
	if cache == "" || g.Outcome == "error" {
		return g.Outcome
	}
	return g.Rows[cache]
}

// outcomes are the columns of the table. An improvement passes, and has its own.
var outcomes = []string{"pass", "improvement", "regression", "inconclusive", "invalid", "error"}

func main() {
	log.SetFlags(0)
	path := flag.String("log", "gates.jsonl", "the file that has a line for each gate")
	seed := flag.Int("seed", 2027, "of the first gate")
	all := kinds()
	flag.Parse()
	if err := run(*path, *seed, all); err != nil {
		log.Fatal(err)
	}
}

func run(path string, seed int, all []kind) error {
	// Not /tmp, which may be memory that cannot be made cold.
	dir, err := os.MkdirTemp(cmp.Or(os.Getenv("TMPDIR"), "/var/tmp"), "mmapbench-realgates-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	done, err := read(path)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	for more := true; more; { // one of each kind in turn: what disturbs the machine hits all
		more = false
		for _, k := range all {
			n := len(done[k.name])
			if n >= *k.count {
				continue
			}
			more = true
			g, err := one(dir, k, seed+n)
			if err != nil {
				return err
			}
			line, err := json.Marshal(g)
			if err != nil {
				return err
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
			done[k.name] = append(done[k.name], g)
		}
	}
	print(all, done)
	return out.Close()
}

// read reads the gates of earlier runs, by their kind.
func read(path string) (map[string][]gate, error) {
	done := map[string][]gate{}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return done, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var g gate
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			return nil, fmt.Errorf("%s: %w; remove what is no whole line", path, err)
		}
		done[g.Kind] = append(done[g.Kind], g)
	}
	return done, lines.Err()
}

// one runs a gate of a build without a delay against one with the delay of the kind.
func one(dir string, k kind, seed int) (gate, error) {
	base, fresh := filepath.Join(dir, "base"), filepath.Join(dir, "base"+k.delay)
	for path, delay := range map[string]string{base: "", fresh: k.delay} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		build := exec.Command("go", "build", "-ldflags", "-X main.delay="+delay, "-o", path, "./scripts/probe")
		if text, err := build.CombinedOutput(); err != nil {
			return gate{}, fmt.Errorf("build the probe: %w\n%s", err, text)
		}
	}
	kept := filepath.Join(dir, "results")
	defer os.RemoveAll(kept)
	cmd := exec.Command(base, append([]string{"gate", "--base", base, "--new", fresh, "--format", "json", "--out", kept,
		"--seed", fmt.Sprint(seed), "-q"}, work...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	g := gate{Kind: k.name, Seed: seed, Outcome: "error", Started: time.Now().UTC()}
	text, err := cmd.Output()
	g.Seconds = time.Since(g.Started).Seconds()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return g, fmt.Errorf("run a gate: %w", err)
	}
	if cmd.ProcessState.ExitCode() < 0 || cmd.ProcessState.ExitCode() == 130 {
		return g, errors.New("a gate was interrupted; it is not counted")
	}
	var said struct {
		Outcome string
		Rounds  int
		Rows    []struct {
			Verdict string
			Factors struct{ Cache string }
		}
	}
	if json.Unmarshal(text, &said) != nil {
		return g, nil
	}
	g.Outcome, g.Rounds = said.Outcome, said.Rounds
	g.Rows = map[string]string{}
	for _, row := range said.Rows {
		g.Rows[row.Factors.Cache] = strings.ToLower(row.Verdict)
		if g.Outcome == "pass" && row.Verdict == "IMPROVEMENT" {
			g.Outcome = "improvement"
		}
	}
	return g, nil
}

// print prints how often each outcome came of each kind, and what that shows.
func print(all []kind, done map[string][]gate) {
	fmt.Printf("`gate --base BASE --new NEW %s`, tolerance 5 %%, two comparisons and two controls each. Rates with "+
		"95%% intervals (Clopper-Pearson), in percent:\n\n", strings.Join(work, " "))
	fmt.Printf("| new side | gates | %s | wrong | right | s a gate |\n|---|--:|%s--:|--:|--:|\n",
		strings.Join(outcomes, " | "), strings.Repeat("--:|", len(outcomes)))
	for _, k := range all {
		for _, cache := range []string{"", "cached", "cold"} {
			if len(done[k.name]) > 0 {
				k.print(done[k.name], cache)
			}
		}
	}
}

func (k kind) print(gates []gate, cache string) {
	said, seconds := map[string]int{}, 0.0
	for _, g := range gates {
		said[g.said(cache)]++
		seconds += g.Seconds
	}
	name, took := k.name, fmt.Sprintf("%.1f", seconds/float64(len(gates)))
	if cache != "" {
		name, took = "- "+cache+" alone", ""
	}
	fmt.Printf("| %s | %d |", name, len(gates))
	for _, outcome := range outcomes {
		fmt.Printf(" %d |", said[outcome])
	}
	wrong := "-"
	if k.wrong != "" {
		wrong = k.wrong + " " + simulate.Rate(said[k.wrong], len(gates))
	}
	fmt.Printf(" %s | %s %s | %s |\n", wrong, k.right, simulate.Rate(said[k.right], len(gates)), took)
}
