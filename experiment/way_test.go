package experiment_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/results"
)

func TestWayOfAFile(t *testing.T) {
	const text = `output = "null"
exit-codes = [1, 0]
command-limit = "30s"
prepare = "sync"
conclude = "true"
shell = "/bin/sh"
[exec]
it = "true"
`
	e, err := experiment.Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if keys := e.Way.Given(); !slices.Equal(keys, []string{"output", "exit-codes", "command-limit", "prepare",
		"conclude", "shell"}) {
		t.Errorf("given are %v", keys)
	}
	p, err := experiment.Build(e, catalogue(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := results.Way{Shell: "/bin/sh", Output: "null", ExitCodes: []int{0, 1}, Limit: 30 * time.Second,
		Prepare: "sync", Conclude: "true"}
	if got := p.Commands[0].Way; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if over := (experiment.Way{Output: "file", ExitCodes: []int{2}}).Over(e.Way); over.Output != "file" ||
		over.Prepare != "sync" || !slices.Equal(over.ExitCodes, []int{2}) {
		t.Errorf("%+v", over)
	}
	for text, want := range map[string]string{
		"exit-codes = '0,1'": "", "exit-codes = [0, 256]\n[exec]\na='true'": "0 to 255",
		"exit-codes = 'x'":     "want numbers",
		"command-limit = '0s'": "more than nothing", "output = 'pip'\n[exec]\na='true'": `did you mean "pipe"`,
	} {
		e, err := experiment.Parse("x.toml", []byte(text))
		if err == nil && len(e.Commands) > 0 {
			_, err = experiment.Build(e, catalogue(), nil)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
