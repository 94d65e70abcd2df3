//go:build linux && !386 && !arm

package cli

import (
	"strings"
	"testing"

	"mmapbench/internal/preflight"
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

func TestColoursOfAnswers(t *testing.T) {
	got := colourAnswers("LENGTH\n  yes  Is it?\n       no matter\n  no   Is it?\n  unknown  ?\n")
	want := "LENGTH\n  \x1b[32myes\x1b[0m  Is it?\n       no matter\n  \x1b[31mno\x1b[0m   Is it?\n" +
		"  \x1b[33munknown\x1b[0m  ?\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
