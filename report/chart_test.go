package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/report/chart"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

func TestChartsAreWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	paths, err := chart.Save(dir, charts(runs["lossy"]()), []string{chart.SVG})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimPrefix(p, dir+"/"))
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, p, text)
		if !bytes.Contains(text, []byte("@font-face")) {
			t.Errorf("%s has no font inside", p)
		}
		if most := 60 << 10; len(text) > most {
			t.Errorf("%s has %d bytes, want at most %d: the letters that are used, and no whole fonts",
				p, len(text), most)
		}
	}
	want := []string{"random-throughput.svg", "random-faults.svg", "random-phases.svg", "random-cpu.svg",
		"append-throughput.svg", "append-device.svg", "append-faults.svg", "append-phases.svg", "append-cpu.svg"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if paths, err := chart.Save(t.TempDir(), charts(runs["empty"]()), chart.Formats); err != nil || len(paths) != 0 {
		t.Errorf("a run without trials: %v, %v; want no chart", paths, err)
	}
	if _, err := chart.Save(dir, charts(runs["few"]()), []string{"jpg"}); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// Charts are written by several at once, and still the files are listed in the
// order of the charts, an error does not keep the others from being written,
// and errors come in that order too.
func TestChartsInParallel(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	run := runs["few"]()
	dir := t.TempDir()
	for _, name := range []string{"seqscan-throughput.svg", "seqscan-phases.svg"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		paths, err := chart.Save(dir, charts(run), []string{chart.SVG})
		for i, p := range paths {
			paths[i] = filepath.Base(p)
		}
		if diff := cmp.Diff([]string{"seqscan-faults.svg", "seqscan-cpu.svg"}, paths); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		var lines []string
		if err != nil {
			lines = strings.Split(err.Error(), "\n")
		}
		if len(lines) != 2 || !strings.Contains(lines[0], "throughput") || !strings.Contains(lines[1], "phases") {
			t.Errorf("errors %q, want one of throughput and then one of phases", lines)
		}
	}
}

// A series of several trials has a band for each line, that of one trial none,
// and what is not known is named with the reason.
func TestSeriesChart(t *testing.T) {
	svg := func(run *results.Run) string {
		var out strings.Builder
		for _, ch := range charts(run) {
			if strings.HasSuffix(ch.Name, "-series") {
				if err := chart.Write(&out, ch, chart.SVG); err != nil {
					t.Fatal(err)
				}
			}
		}
		return out.String()
	}
	const band = "fill-opacity:0.25"
	shape := reporttest.Shape{Backends: []string{"pread", "mmap"}, Caches: []string{results.Cold}, Rounds: 3,
		Seconds: 9}
	text := svg(reporttest.Run(shape))
	if n := strings.Count(text, band); n != 3*2 {
		t.Errorf("%d bands, want one in each of three panels for each of two backends", n)
	}
	if want := "Not known: TLB shootdowns of the whole host (arm64 has no interrupt " +
		"for them)."; !strings.Contains(text, want) {
		t.Errorf("the chart does not say %q", want)
	}
	shape.Rounds = 1
	if n := strings.Count(svg(reporttest.Run(shape)), band); n != 0 {
		t.Errorf("%d bands of a single trial", n)
	}
}

// Latencies and series have charts where there are any, one of a series for
// each group.
func TestChartsOfEvidence(t *testing.T) {
	names := func(run string) (out []string) {
		for _, ch := range charts(runs[run]()) {
			if !slices.ContainsFunc([]string{"throughput", "faults", "phases", "cpu", "device"}, func(s string) bool {
				return strings.HasSuffix(ch.Name, s)
			}) {
				out = append(out, ch.Name)
			}
		}
		return out
	}
	for run, want := range map[string][]string{
		"lossy":    nil,
		"evidence": {"random-percentiles", "random-cumulative", "append-percentiles", "append-cumulative"},
		"series":   {"random-series-cold", "random-series-cached", "append-series"},
	} {
		if diff := cmp.Diff(want, names(run)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", run, diff)
		}
	}
}

func wellFormed(t *testing.T, name string, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s is not well-formed: %v", name, err)
			return
		}
	}
}

// A PNG has the size that it says, and shows whiskers exactly where there are
// intervals: nothing else is drawn in pure black.
func TestWhiskersAreDrawn(t *testing.T) {
	shape := reporttest.Shape{Backends: []string{"pread", "mmap", long},
		Records: []int64{4 << 10, 64 << 10}, Caches: []string{results.Cold, results.Cached}, Size: 32 << 20, Seed: 3,
		Latency: true}
	for _, c := range []struct {
		rounds   int
		whiskers bool
	}{{12, true}, {3, false}} {
		shape.Rounds = c.rounds
		for _, ch := range charts(reporttest.Run(shape)) {
			img := render(t, ch)
			size := img.Bounds().Size()
			if width := int(math.Round(16 / 2.54 * 300)); abs(size.X-width) > 1 {
				t.Errorf("%s: %d pixels wide, want %d", ch.Name, size.X, width)
			}
			has := strings.HasSuffix(ch.Name, "throughput") || strings.HasSuffix(ch.Name, "records")
			n := black(img)
			if want := has && c.whiskers; want && n < 500 || !want && n > 0 {
				t.Errorf("%s, %d rounds: %d pixels of whiskers, want some: %v", ch.Name, c.rounds, n, want)
			}
		}
	}
}

// Nothing is cut at the edges, and no chart is mostly empty: the margins are
// white and there is ink close to each of them.
func TestChartsFillTheirCanvas(t *testing.T) {
	for _, shape := range []reporttest.Shape{
		{Backends: []string{"pread", "mmap"}, Rounds: 7},
		{Backends: []string{"pread", "read", "mmap", "mmap:populate", "mmap:advise=random", long},
			Records: []int64{4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20},
			Caches:  []string{results.Cold, results.Cached}, Rounds: 7},
		{Backends: []string{"pread", long}, Caches: results.Caches, Size: 4 << 20, Rounds: 2, Latency: true},
		{Workloads: []string{"random"}, Backends: []string{"pread", "mmap"}, Caches: []string{results.Cold}, Rounds: 2,
			Seconds: 70},
	} {
		for _, ch := range charts(reporttest.Run(shape)) {
			img := render(t, ch)
			ink := image.Rectangle{}
			b := img.Bounds()
			for i, red := range img.Pix {
				if i%4 == 0 && red < 0xf0 {
					ink = ink.Union(image.Rect(0, 0, 1, 1).Add(image.Pt(i%img.Stride/4, i/img.Stride)))
				}
			}
			const least, most = 8, 110 // pixels; 300 are an inch
			for side, gap := range map[string]int{"left": ink.Min.X, "top": ink.Min.Y,
				"right": b.Max.X - ink.Max.X, "bottom": b.Max.Y - ink.Max.Y} {
				if gap < least || gap > most {
					t.Errorf("%s: %d pixels to the %s edge, want %d to %d", ch.Name, gap, side, least, most)
				}
			}
		}
	}
}

func render(t *testing.T, ch *document.Chart) *image.RGBA {
	t.Helper()
	var buf bytes.Buffer
	if err := chart.Write(&buf, ch, chart.PNG); err != nil {
		t.Fatalf("%s: %v", ch.Name, err)
	}
	img, err := png.Decode(&buf)
	if err != nil {
		t.Fatalf("%s: %v", ch.Name, err)
	}
	return img.(*image.RGBA) // the picture is opaque
}

func black(img *image.RGBA) (n int) {
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i]|img.Pix[i+1]|img.Pix[i+2] == 0 {
			n++
		}
	}
	return n
}

func abs(n int) int { return max(n, -n) }

// Files of different sections never have one name, whatever they differ in.
func TestFileNames(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Targets: []string{"sd", "nv/me"}, Workloads: []string{"seqscan", "random"},
		Backends: []string{"pread"}})
	other := run.Header.Plan.Arms[0]
	other.ID, other.Consumer = len(run.Header.Plan.Arms), "copy"
	run.Header.Plan.Arms = append(run.Header.Plan.Arms, other)
	var got []string
	for _, f := range figuresOf(run) {
		got = append(got, f.prefix)
	}
	want := []string{"sd-seqscan-sum", "sd-random", "nv_me-seqscan-sum", "nv_me-random", "sd-seqscan-copy"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// A backend keeps its look in every chart of a run, also where a section lacks the
// backends before it.
func TestBackendKeepsItsLook(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random"},
		Backends: []string{"pread", "read", "mmap"},
		Records:  []int64{4 << 10, 64 << 10}, Rounds: 2, Latency: true})
	for i := range run.Header.Plan.Arms {
		if a := &run.Header.Plan.Arms[i]; a.Workload == "random" && a.Backend != "mmap" {
			a.Backend = "other-" + a.Backend
		}
	}
	looks := map[string]document.Look{}
	check := func(chart, name string, look document.Look) {
		if was, ok := looks[name]; ok && was != look {
			t.Errorf("%s: %s looks like %v, and like %v in another chart", chart, name, look, was)
		}
		looks[name] = look
	}
	for _, ch := range charts(run) {
		if strings.HasSuffix(ch.Name, "throughput") {
			for _, row := range ch.Bars.Rows {
				for _, p := range row {
					for i, b := range p.Bars {
						check(ch.Name, ch.Bars.Names[i], b.Parts[0].Look)
					}
				}
			}
		}
		if strings.HasSuffix(ch.Name, "records") {
			for _, c := range ch.Plots.Panels[0].Curves {
				check(ch.Name, c.Name, c.Look)
			}
			for _, e := range ch.Legend {
				check(ch.Name, e.Name, e.Look)
			}
		}
	}
	if len(looks) != 5 {
		t.Errorf("%d backends in the charts, want 5: %v", len(looks), looks)
	}
}

func figuresOf(run *results.Run) []figure {
	s := analysis.Summarize(run)
	return figures(s, sections(s))
}
