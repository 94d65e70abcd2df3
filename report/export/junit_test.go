package export

import (
	"encoding/xml"
	"os"
	"strconv"
	"strings"
	"testing"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report/words"
)

func junitOf(t *testing.T, c *analysis.Compared) (junitSuites, string) {
	t.Helper()
	text := exportedComparison(t, "junit", c)
	var got junitSuites
	if err := xml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	return got, text
}

// TestJUnitMatchesItsSchema, the one that Jenkins' xUnit plugin validates with.
func TestJUnitMatchesItsSchema(t *testing.T) {
	schema := readSchema(t, "testdata/junit-10.xsd")
	for name, c := range compared(t) {
		if _, text := junitOf(t, c); schema.validate(text) != nil {
			t.Errorf("%s: %v\n%s", name, schema.validate(text), text)
		}
	}
	c := files(t, false)
	c.Base, c.Rows[0].Name = "<old> \x01 \xff & \"co\"", "]]> <b> \x00"
	if _, text := junitOf(t, c); schema.validate(text) != nil {
		t.Errorf("odd names: %v\n%s", schema.validate(text), text)
	}
	good, err := os.ReadFile("testdata/junit-regression.golden")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{` tests="`: ` test="`, "<failure ": "<fail ", "</failure>": "</fail>",
		` name="ratio`: ` nam="ratio`,
		"<properties>": "<properties><testcase name=\"x\"></testcase>", "<testcase ": "<testcase time2=\"1\" "} {
		bad := strings.ReplaceAll(string(good), from, to)
		if bad != string(good) && schema.validate(bad) == nil {
			t.Errorf("the schema takes %q for %q", to, from)
		}
	}
}

// TestJUnitSaysWhatCISystemsRead: which cases fail, which are skipped, and that
// the counts agree with them.
func TestJUnitSaysWhatCISystemsRead(t *testing.T) {
	for name, c := range compared(t) {
		got, _ := junitOf(t, c)
		failures, errors, skipped, cases := 0, 0, 0, 0
		for _, s := range got.Suites {
			before := [3]int{failures, errors, skipped}
			for _, x := range s.Cases {
				switch {
				case x.Failure != nil:
					failures++
				case x.Error != nil:
					errors++
				case x.Skipped != nil:
					skipped++
				}
				if x.Name == "" || x.Class == "" || x.Skipped != nil && x.Skipped.Message == "" {
					t.Errorf("%s: %+v", name, x)
				}
			}
			cases += len(s.Cases)
			if s.Tests != len(s.Cases) || before != [3]int{failures - s.Failures, errors - s.Errors,
				skipped - s.Skipped} {
				t.Errorf("%s: counts of %s: %+v", name, s.Name, s)
			}
		}
		if cases != len(c.Rows)+len(c.Controls) || got.Tests != cases || got.Failures != failures ||
			got.Errors != errors {
			t.Errorf("%s: %+v; found %d cases, %d failures, %d errors", name, got, cases, failures, errors)
		}
		want := map[string]bool{"pass": failures+errors+skipped == 0, "improvement": failures+errors+skipped == 0,
			"regression": failures > 0 && errors == 0, "inconclusive": skipped > 0 && failures == 0,
			"invalid": errors >= len(c.Rows), "refused": errors == len(c.Rows), "unpaired": failures == 0 &&
				errors == 0}
		if !want[name] {
			t.Errorf("%s: %d failures, %d errors, %d skipped", name, failures, errors, skipped)
		}
	}
}

// TestJUnitHasTheFigures: ratio and bounds of every comparison that has them.
func TestJUnitHasTheFigures(t *testing.T) {
	for name, c := range compared(t) {
		got, _ := junitOf(t, c)
		all := map[string]map[string]string{}
		for _, s := range got.Suites {
			all[s.Name] = map[string]string{}
			for _, p := range s.Properties {
				all[s.Name][p.Name] = p.Value
			}
		}
		for i := range c.Rows {
			r := &c.Rows[i]
			of := all[r.Name]
			number := func(key string) float64 {
				f, err := strconv.ParseFloat(of[r.Metric.Name+"."+key], 64)
				if err != nil {
					t.Errorf("%s: %s: %s: %v", name, r.Name, key, err)
				}
				return f
			}
			if b := r.Deciding(); b != nil {
				if low, speed, high := number("speed_low"), number("speed"), number("speed_high"); low > speed ||
					speed > high {
					t.Errorf("%s: %s: %v in %v to %v", name, r.Name, speed, low, high)
				}
			} else if _, ok := of[r.Metric.Name+".speed_low"]; ok {
				t.Errorf("%s: %s has bounds that were not computed", name, r.Name)
			}
			if of[r.Metric.Name+".verdict"] != r.Verdict.String() || of["base"] != c.Base {
				t.Errorf("%s: %s: %v", name, r.Name, of)
			}
			if (of["unpaired"] == "true") != c.Unpaired {
				t.Errorf("%s: unpaired is %q", name, of["unpaired"])
			}
		}
	}
}

// TestInvalidSaysWhyAndNoRatio: of an invalid comparison nothing else is said.
func TestInvalidSaysWhyAndNoRatio(t *testing.T) {
	for name, why := range map[string]string{"invalid": words.Why(verdict.ControlFailed),
		"refused": "6.13.1 in the other"} {
		c := compared(t)[name]
		for i := range c.Rows {
			if s := sentence(c, &c.Rows[i]); !strings.Contains(s, why) || strings.Contains(s, "as the base") {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
}
