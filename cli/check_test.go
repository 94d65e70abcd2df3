//go:build linux && !386 && !arm

package cli

import (
	"strings"
	"testing"

	"mmapbench/internal/preflight"
	"mmapbench/report/document"
)

func TestClosingOfACheck(t *testing.T) {
	finding := func(name string, w preflight.Weight, a preflight.Answer, evidence string) preflight.Finding {
		return preflight.Finding{Name: name, Weight: w, Answer: a, Evidence: evidence,
			Consequence: "do something about " + name}
	}
	r := &preflight.Report{Dir: "/mnt/sd", FileSystem: "vfat", Device: "sd mmcblk0", NoFile: "read-only",
		Findings: []preflight.Finding{
			finding("good", preflight.Vital, preflight.Yes, "equal"),
			finding("bad", preflight.Vital, preflight.No, "byte 3 differs"),
			finding("first", preflight.Vital, preflight.Unknown, "read-only"),
			finding("second", preflight.Vital, preflight.Unknown, "read-only"),
			finding("cold", preflight.Degrades, preflight.No, "stayed"),
			finding("reflink", preflight.Fact, preflight.No, "EOPNOTSUPP"),
			finding("quiet", preflight.Fact, preflight.Unknown, "not told"),
		}}
	r.Findings[2].Lacks, r.Findings[3].Lacks = preflight.LacksFile, preflight.LacksFile
	got := closing(r, 0)
	for _, want := range []string{
		"/mnt/sd (vfat on sd mmcblk0) cannot be trusted",
		"- bad: byte 3 differs: do something about bad",
		"- not asked: first, second: read-only; choose a directory",
		"A run leaves out:\n  - cold: do something about cold",
		"Good to know:\n  - reflink: do something about reflink",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "quiet") || strings.Contains(got, "good:") {
		t.Errorf("too much is said:\n%s", got)
	}
	r.Findings, r.Trusted = r.Findings[:1], true
	if got := closing(r, 80); got != "/mnt/sd (vfat on sd mmcblk0) can be trusted: the vital questions, 1 in all, "+
		"were\nanswered with yes.\n" {
		t.Errorf("closing %q", got)
	}
}

// TestFindingsTable wants the evidence below the question on a narrow terminal, and
// answers in color.
func TestFindingsTable(t *testing.T) {
	r := &preflight.Report{NoFile: "read-only", Findings: []preflight.Finding{
		{Group: "length", Question: "Is it?", Answer: preflight.Yes, Evidence: "no matter"},
		{Group: "length", Question: "Is it not?", Answer: preflight.No, Evidence: "seen"},
		{Group: "end", Question: "And then?", Answer: preflight.Unknown, Lacks: preflight.LacksFile,
			Evidence: "read-only"},
		{Group: "end", Question: "And now?", Answer: preflight.Unknown, Lacks: preflight.LacksFile,
			Evidence: "read-only"},
	}}
	var b strings.Builder
	d := &document.Document{Blocks: []document.Block{findingsTable(r, 80)}}
	if err := document.WriteText(&b, d, document.TextOptions{Width: 80, Color: true}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{"LENGTH",
		"\x1b[32m  yes\x1b[0m      \x1b[0mIs it?", "           no matter",
		"\x1b[31m  no\x1b[0m       \x1b[0mIs it not?", "           seen",
		"", "END",
		"  unknown  2 questions that need a file", "           read-only", ""}, "\n")
	if b.String() != want {
		t.Errorf("got\n%q, want\n%q", b.String(), want)
	}
}
