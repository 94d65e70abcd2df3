package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Error   *junitMessage `xml:"error,omitempty"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// junit writes JUnit XML as Jenkins and GitLab read it (the schema of the Jenkins
// xUnit plugin): a test case per comparison. What is open is skipped and says why:
// a CI system that shows neither red nor green for it has understood.
func junit(w io.Writer, c *analysis.Compared) error {
	s := junitSuite{Name: "mmapbench"}
	for i := range c.Rows {
		r := &c.Rows[i]
		t := junitCase{Name: r.Name + " by " + r.Metric.Name, Class: "mmapbench." + nameOr(r.Arm.Workload, "comparison"), Out: sentence(c, r)}
		message := &junitMessage{Message: sentence(c, r), Type: r.Verdict.String()}
		switch r.Verdict {
		case verdict.Regression:
			t.Failure, s.Failures = message, s.Failures+1
		case verdict.Invalid:
			t.Error, s.Errors = message, s.Errors+1
		case verdict.Inconclusive:
			t.Skipped, s.Skipped = &junitMessage{Message: message.Message}, s.Skipped+1
		}
		s.Cases = append(s.Cases, t)
	}
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Name: "mmapbench", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func nameOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// sentence says in one line what a comparison showed.
func sentence(c *analysis.Compared, r *analysis.ComparedRow) string {
	text := r.Verdict.String()
	if c.Unpaired {
		text += " (unpaired)"
	}
	if r.Ratio != nil {
		text += fmt.Sprintf(": %.3f times the base", *r.Ratio)
		b := r.Pass
		if r.Verdict == verdict.Regression || r.Verdict == verdict.Improvement {
			b = r.Fail
		}
		if b != nil {
			text += fmt.Sprintf(", bounds %.3f to %.3f", b.Low, b.High)
		}
	}
	text += fmt.Sprintf("; tolerance %.3g%%", 100*r.Metric.Tolerance)
	if r.Test == nil {
		text += fmt.Sprintf("; %d pairs", r.Pairs)
	}
	if len(r.Reasons) > 0 {
		why := make([]string, len(r.Reasons))
		for i, x := range r.Reasons {
			why[i] = string(x)
		}
		text += "; " + strings.Join(why, "; ")
	}
	return text
}
