package results

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFactorsAreTheArm: the table has every field of an arm that is not its number or
// follows from others, by its name in the run file.
func TestFactorsAreTheArm(t *testing.T) {
	var fields []string
	for _, m := range membersOf(reflect.TypeFor[Arm]()) {
		if m.name != "id" && m.name != "bytes" {
			fields = append(fields, m.name)
		}
	}
	keys := FactorKeys()
	slices.Sort(keys)
	slices.Sort(fields)
	if diff := cmp.Diff(fields, keys); diff != "" {
		t.Errorf("fields of an arm and factors differ (-fields +factors):\n%s", diff)
	}
	for i, f := range Factors {
		var a Arm
		if f.IsNumber() {
			f.SetNumber(&a, int64(i+1))
		} else {
			f.SetWord(&a, "x")
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if v := got[f.Key]; v != "x" && v != float64(i+1) {
			t.Errorf("%s: its level is not the field of that name: %s", f.Key, b)
		}
		if f.Clear(&a); a != (Arm{}) {
			t.Errorf("%s: something is left: %+v", f.Key, a)
		}
	}
}

func TestFactorWords(t *testing.T) {
	a := &Arm{Target: "sd", Workload: "random", Backend: "mmap:populate", Size: 64 << 20, Record: 4096, Ops: 100,
		Bytes: 409600, Consumer: "sum", Cache: DropCaches}
	command := &Arm{Workload: Exec, Backend: "grep", Size: 1 << 20}
	for _, tt := range []struct {
		key                 string
		arm                 *Arm
		text, label, phrase string
	}{
		{"target", a, "sd", "sd", "on sd"},
		{"backend", a, "mmap:populate", "mmap:populate", "mmap:populate"},
		{"size", a, "64 MiB", "64M", "file of 64 MiB"},
		{"size", command, "1 MiB", "1M", "files of 1 MiB"},
		{"record", a, "4 KiB", "4k", "records of 4 KiB"},
		{"record", command, "", "", ""},
		{"ops", a, "100", "100", "100 accesses"},
		{"cache", a, "drop-caches", "drop-caches", "cold after dropping caches"},
		{"consumer", a, "sum", "sum", "consumer sum"},
		{"durability", a, "", "", ""},
		{"exec", command, "grep", "grep", "grep"},
	} {
		f, err := FactorOf(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		got, want := []string{f.Text(tt.arm), f.Label(tt.arm), f.Phrase(tt.arm)}, []string{tt.text, tt.label, tt.phrase}
		if !slices.Equal(got, want) {
			t.Errorf("%s: text, label, phrase = %q, want %q", tt.key, got, want)
		}
	}
}

func TestDiffering(t *testing.T) {
	a := Arm{Workload: "random", Backend: "mmap", Size: 1 << 20, Record: 4096, Ops: 256, Bytes: 1 << 20, Cache: Cold}
	b := a
	b.ID, b.Backend, b.Record, b.Ops = 1, "pread", 8192, 128
	keys := func(list []*Factor) (out []string) {
		for _, f := range list {
			out = append(out, f.Key)
		}
		return out
	}
	differ := Differing([]Arm{a, b})
	if got := keys(differ); !slices.Equal(got, []string{"record", "ops", "backend"}) {
		t.Errorf("differing: %v", got)
	}
	if x, y := a.Without(differ...), b.Without(differ...); x != y {
		t.Errorf("without these they differ: %+v and %+v", x, y)
	}
	if got := keys(Differing(nil)); got != nil {
		t.Errorf("no arms differ in %v", got)
	}
}

func TestFactorOrder(t *testing.T) {
	for _, tt := range []struct {
		key  string
		a, b Arm
		want int
	}{
		{"record", Arm{Record: 4096}, Arm{Record: 65536}, -1},
		{"cache", Arm{Cache: Mapped}, Arm{Cache: Cold}, 1},
		{"backend", Arm{Backend: "pread"}, Arm{Backend: "mmap"}, 1},
		{"backend", Arm{Backend: "mmap"}, Arm{Backend: "mmap"}, 0},
	} {
		f, err := FactorOf(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Compare(&tt.a, &tt.b); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.key, got, tt.want)
		}
	}
	_, err := FactorOf("bakend")
	if err == nil ||
		!strings.Contains(err.Error(), `unknown factor "bakend": did you mean "backend"? (known: target, work`) {
		t.Errorf("a factor that there is not: %v", err)
	}
}
