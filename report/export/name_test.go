package export

import (
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"pgregory.net/rapid"

	"mmapbench/results"
)

func TestArmNames(t *testing.T) {
	for _, tt := range []struct {
		arm  results.Arm
		want string
	}{
		{results.Arm{Workload: "seqscan", Backend: "mmap:populate", Cache: "cold", Target: "sd", Consumer: "sum",
			Record: 64 << 10, Ops: 4096, Size: 256 << 20, Bytes: 256 << 20},
			"Seqscan/backend=mmap:populate/cache=cold/target=sd/consumer=sum/record=64k/size=256M"},
		{results.Arm{Workload: "random", Backend: "pread", Record: 4096, Ops: 1000, Size: 1 << 20},
			"Random/backend=pread/record=4k/ops=1000/size=1M"},
		{results.Arm{Workload: "exec", Backend: "sort a/b > c"}, "Exec/backend=sort%20a%2Fb%20>%20c"},
		{results.Arm{Workload: "exec", Backend: "v-2"}, "Exec/backend=v%2D2"},
		{results.Arm{Workload: "exec", Backend: "v-2", Side: "new"}, "Exec/backend=v-2/side=new"},
		{results.Arm{Workload: "épreuve"}, "Épreuve"},
	} {
		if got := armName(tt.arm); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.arm, got, tt.want)
		}
	}
}

// TestNamesStayApart: what is read back of a name is the whole of it, and two
// levels never share one.
func TestNamesStayApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.StringOfN(rapid.RuneFrom([]rune("a-/% \t\n2=é\u00a0\u2028\x00")), 1, 8, -1)
		a, b := results.Arm{Workload: "exec", Backend: odd.Draw(t, "a")},
			results.Arm{Workload: "exec", Backend: odd.Draw(t, "b")}
		if (a == b) != (armName(a) == armName(b)) {
			t.Fatalf("%q and %q are %q and %q", a.Backend, b.Backend, armName(a), armName(b))
		}
		r := benchfmt.NewReader(strings.NewReader("Benchmark"+armName(a)+" 1 5 ns/op\n"), "x")
		if !r.Scan() {
			t.Fatalf("%q: nothing is read", armName(a))
		}
		res, ok := r.Result().(*benchfmt.Result)
		if !ok || string(res.Name) != armName(a) {
			t.Fatalf("%q is read as %v", armName(a), r.Result())
		}
		if _, parts := res.Name.Parts(); len(parts) != 1 || !strings.HasPrefix(string(parts[0]), "/backend=") {
			t.Fatalf("%q has the parts %q", armName(a), parts)
		}
	})
}
