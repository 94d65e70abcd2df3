package results_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"mmapbench/results"
	"mmapbench/results/resultstest"
)

func TestSchema(t *testing.T) {
	whole, err := os.ReadFile(write(t))
	if err != nil {
		t.Fatal(err)
	}
	// The fixture's trials have no check, which a real one must have.
	whole = bytes.ReplaceAll(whole, []byte(`"check":null`), []byte(`"check":{"ok":true,"got":"1","want":"1"}`))
	if err := resultstest.Validate(whole); err != nil {
		t.Errorf("a good file: %v", err)
	}
	for name, change := range map[string][2]string{
		"unknown field":     {`"laps":2`, `"laps":2,"x":1`},
		"negative time":     {`"wall_ns":10,`, `"wall_ns":-10,`},
		"fraction of a ns":  {`"wall_ns":10,`, `"wall_ns":0.5,`},
		"phase is missing":  {`"body":{`, `"bodie":{`},
		"wrong bytes pass":  {`"ok":true`, `"ok":false`},
		"unknown end":       {`"status":"complete"`, `"status":"fine"`},
		"another schema":    {`"schema":3`, `"schema":1`},
		"an evasive answer": {`"answer":"yes"`, `"answer":"perhaps"`},
		"mere assertion":    {`"evidence":"equal"`, `"evidence":""`},
		"a nameless target": {`"name":"here",`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(string(whole), change[0], change[1], 1)
			if bad == string(whole) {
				t.Fatalf("%s is not in the file", change[0])
			}
			if err := resultstest.Validate([]byte(bad)); err == nil {
				t.Error("the schema allows it")
			}
		})
	}
	if !bytes.Contains(results.Schema, []byte("2020-12")) {
		t.Error("the schema does not say which draft it follows")
	}
}
