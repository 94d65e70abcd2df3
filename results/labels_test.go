package results_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mmapbench/results"
)

func TestParseLabels(t *testing.T) {
	for _, c := range []struct {
		texts     []string
		want, err string
	}{
		{texts: []string{"n=12, commit=1f3c"}, want: "commit=1f3c, n=12"},
		{texts: []string{"n=12", "note=a b=c"}, want: "n=12, note=a b=c"},
		{texts: []string{"main"}, err: "want key=value"},
		{texts: []string{"n=1", "n=2"}, err: "twice"},
		{texts: []string{"N=1"}, err: "small letters"},
		{texts: []string{"build-id=1"}, err: "small letters"},
		{texts: []string{"commit="}, err: "is a variable not set?"},
		{texts: []string{"commit=\x1b[31m"}, err: "control characters"},
		{texts: []string{"commit=" + strings.Repeat("x", 201)}, err: "up to 200 bytes"},
		{texts: []string{"a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1,r=1,s=1,t=1,u=1"},
			err: "too many"},
	} {
		l, err := results.ParseLabels(c.texts)
		switch {
		case c.err == "" && (err != nil || l.String() != c.want):
			t.Errorf("%q: %q, %v; want %q", c.texts, l, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%q: error %v, want %q", c.texts, err, c.err)
		}
	}
}

// A file may be anybody's: its labels are columns and labels elsewhere.
func TestLabelsOfAFileAreChecked(t *testing.T) {
	read := func(l results.Labels) (results.Labels, error) {
		h := header()
		h.Type, h.Format, h.Schema, h.Labels = results.LineHeader, results.Format, results.SchemaVersion, l
		line, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		run, err := results.Decode(strings.NewReader(string(line) + "\n"))
		if err != nil {
			return nil, err
		}
		return run.Header.Labels, nil
	}
	if l, err := read(results.Labels{"commit": "1f3c"}); err != nil || l["commit"] != "1f3c" {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := read(results.Labels{"a\"b": "x"}); err == nil || !strings.Contains(err.Error(), "labels") {
		t.Errorf("a key that is no column is read: %v", err)
	}
}
