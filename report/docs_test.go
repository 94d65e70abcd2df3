package report

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"mmapbench/report/document"
	"mmapbench/results"
)

// TestDataIsDocumented wants every field of the JSON and every column of the CSV that
// is not called after a field of the run file in docs/report-data.md.
func TestDataIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/report-data.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = true
	}
	for _, f := range results.Factors {
		if !documented[f.Key] {
			t.Errorf("the factor %s is not documented", f.Key)
		}
	}
	for _, c := range trialColumns(nil) {
		if c.key == "round" { // the fields of the trial begin here
			break
		}
		if !documented[c.key] {
			t.Errorf("the column %s is not documented", c.key)
		}
	}
	named := map[string]bool{"factors": true, "devices": true, "phase_shares": true, "cpu_shares": true,
		"counters": true}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(path, x)
			}
		case map[string]any:
			for key, x := range v {
				if !documented[key] {
					t.Errorf("the field %s.%s is not documented", path, key)
				}
				if !named[key] { // its fields are names of other things
					walk(path+"."+key, x)
				}
			}
		}
	}
	for _, name := range []string{"evidence", "lossy", "series"} {
		var v any
		if err := json.Unmarshal([]byte(tables(t, runs[name](), shown{format: document.JSON})), &v); err != nil {
			t.Fatal(err)
		}
		walk(strings.ToLower(name), v)
	}
}
