package export

import (
	"encoding/xml"
	"io"
	"strconv"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
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
// a CI system that shows neither red nor green for it has understood. Figures are
// properties of suites, one suite per arm, as cases have none in that schema; and
// nothing has a time, as none of them is how long a test took.
func junit(w io.Writer, c *analysis.Compared) error {
	all := junitSuites{Name: "mmapbench"}
	index := map[string]int{}
	for _, part := range []struct {
		rows   []analysis.Comparison
		prefix string
	}{{c.Rows, ""}, {c.Controls, "control: "}} {
		for i := range part.rows {
			r := &part.rows[i]
			name := part.prefix + r.Name
			k, ok := index[name]
			if !ok {
				k = len(all.Suites)
				index[name] = k
				all.Suites = append(all.Suites, junitSuite{Name: name, Properties: junitSides(c, r)})
			}
			all.Suites[k].add(c, r, name)
		}
	}
	for _, s := range all.Suites {
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c *analysis.Compared, r *analysis.Comparison, name string) {
	workload := r.Arm.Workload
	if workload == "" {
		workload = "comparison"
	}
	t := junitCase{Name: name + " by " + r.Metric.Name, Class: "mmapbench." + workload, Out: sentence(c, r)}
	message := &junitMessage{Message: t.Out, Type: r.Verdict.String()}
	switch r.Verdict {
	case verdict.Regression:
		t.Failure, s.Failures = message, s.Failures+1
	case verdict.Invalid:
		t.Error, s.Errors = message, s.Errors+1
	case verdict.Inconclusive:
		t.Skipped, s.Skipped = message, s.Skipped+1
	}
	s.Tests++
	s.Cases = append(s.Cases, t)
	s.Properties = append(s.Properties, junitFigures(c, r)...)
}

// junitSides says what is compared with what.
func junitSides(c *analysis.Compared, r *analysis.Comparison) []junitProperty {
	out := []junitProperty{{"base", c.Base}, {"new", c.New}}
	if c.New == "" {
		out[1].Value = r.New // one of several levels
	}
	if c.By != "" {
		out = append(out, junitProperty{"by", c.By})
	}
	if c.Unpaired {
		out = append(out, junitProperty{"unpaired", "true"})
	}
	for _, d := range c.Across {
		out = append(out, junitProperty{"across", d})
	}
	return out
}

// junitFigures are those of a comparison, named after its metric.
func junitFigures(c *analysis.Compared, r *analysis.Comparison) []junitProperty {
	var out []junitProperty
	add := func(name string, v float64) {
		out = append(out, junitProperty{r.Metric.Name + "." + name, strconv.FormatFloat(v, 'g', 6, 64)})
	}
	out = append(out, junitProperty{r.Metric.Name + ".verdict", r.Verdict.String()})
	add("tolerance", r.Metric.Tolerance)
	if s := r.Speed(); s != nil {
		add("speed", *s)
	}
	if b := analysis.SpeedBounds(r.Deciding()); b != nil {
		add("speed_low", b.Low)
		add("speed_high", b.High)
		add("speed_tail", b.Tail)
	}
	if r.BaseMedian != nil {
		add("base_"+r.Unit, *r.BaseMedian)
	}
	if r.NewMedian != nil {
		add("new_"+r.Unit, *r.NewMedian)
	}
	if e := r.MinEffect(); e != nil {
		add("smallest_slowdown_seen", *e)
	}
	switch {
	case r.BaseRuns > 0:
		add("base_runs", float64(r.BaseRuns))
		add("new_runs", float64(r.NewRuns))
		return out
	case c.Unpaired:
		add("base_trials", float64(r.BaseValues))
		add("new_trials", float64(r.NewValues))
		return out
	}
	add("pairs", float64(r.Pairs))
	return out
}
