package results

import (
	"strings"
	"testing"
)

func TestParseSync(t *testing.T) {
	for _, tt := range []struct {
		text, level string
		every       int64
		says        string
	}{
		{text: "end"},
		{text: ""},
		{text: "every", level: "every", every: 1},
		{text: "every=1", level: "every", every: 1},
		{text: "every=16", level: "every=16", every: 16},
		{text: "every=0", says: "number of records"},
		{text: "every=-3", says: "number of records"},
		{text: "every=9999999999", says: "number of records"},
		{text: "every=x", says: "number of records"},
		{text: "evry", says: `did you mean "every"?`},
	} {
		level, every, err := ParseSync(tt.text)
		if level != tt.level || every != tt.every || (err == nil) != (tt.says == "") {
			t.Errorf("%q: %q, %d, %v", tt.text, level, every, err)
		}
		if err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.says)
		}
	}
}

func TestSyncsOfAnArm(t *testing.T) {
	f, err := FactorOf("sync")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		arm          Arm
		syncs        int64
		text, phrase string
	}{
		{Arm{Ops: 10, Durability: "data"}, 0, "end", ""},
		{Arm{Ops: 10}, 0, "", ""}, // it reads
		{Arm{Ops: 10, Durability: "data", Sync: "every"}, 10, "every", "a sync after every record"},
		{Arm{Ops: 10, Durability: "data", Sync: "every=4"}, 3, "every=4", "a sync after every 4 records"},
	} {
		if n := tt.arm.Syncs(); n != tt.syncs || f.Text(&tt.arm) != tt.text || f.Phrase(&tt.arm) != tt.phrase {
			t.Errorf("%+v: %d syncs, %q, %q", tt.arm, n, f.Text(&tt.arm), f.Phrase(&tt.arm))
		}
		if f.Label(&tt.arm) != tt.arm.Sync {
			t.Errorf("%+v is called %q by other programs, as older versions did not call it", tt.arm, f.Label(&tt.arm))
		}
	}
}
