package counters

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDevices(t *testing.T) {
	for _, c := range []struct {
		name, machine, why string
		devices            []string
		want               string // of Since, as JSON
	}{
		{"a RAID's two devices", "server", "", []string{"nvme0n1", "nvme1n1"},
			`{"OwnRead":1048576,"OwnWrite":8192,"Read":1024000,"Write":55296,"Reason":{}}`},
		{"no device", "container", "tmpfs is in memory", nil,
			`{"OwnRead":0,"OwnWrite":0,"Read":null,"Write":null,"Reason":{"device_read":"tmpfs is in memory","device_write":"tmpfs is in memory"}}`},
		{"no device, and nobody says why", "server", "", nil,
			`{"OwnRead":1048576,"OwnWrite":8192,"Read":null,"Write":null,"Reason":{"device_read":"no block device is known behind the target","device_write":"no block device is known behind the target"}}`},
		{"a device of which there is no account", "server", "", []string{"sdz"},
			`{"OwnRead":1048576,"OwnWrite":8192,"Read":null,"Write":null,"Reason":{"device_read":"/proc/diskstats has no full line for sdz","device_write":"/proc/diskstats has no full line for sdz"}}`},
		// Nothing was written to the card that came back; that its writes seem
		// to be 0 is chance.
		{"a card taken out", "board", "", []string{"mmcblk0"},
			`{"OwnRead":null,"OwnWrite":null,"Read":null,"Write":null,"Reason":{` +
				`"device_read":"` + errBackwards.Error() + `","device_write":"` + errBackwards.Error() + `",` +
				`"own_read":"open /proc/self/io: no such file or directory: ` + noIO + `","own_write":"open /proc/self/io: no such file or directory: ` + noIO + `"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, c.machine)
			d := OpenDevices(m.root, c.devices, c.why)
			base := d.Read()
			m.put(t, "end/")
			got, err := json.Marshal(d.Since(base))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if closed := d.Since(base); closed.OwnRead != nil || closed.Read != nil {
				t.Errorf("closed, it still gives %+v", closed)
			}
		})
	}
}

// A device that goes away leaves nothing to read, not a 0.
func TestDeviceGone(t *testing.T) {
	m := newMachine(t, "server")
	d := OpenDevices(m.root, []string{"nvme0n1"}, "")
	defer d.Close()
	base := d.Read()
	if err := os.WriteFile(filepath.Join(m.root, "proc/diskstats"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := d.Since(base); got.Read != nil || !strings.Contains(got.Reason["device_read"], "diskstats") {
		t.Errorf("%+v", got)
	}
}

// The kernel gives most files in pieces, and a long one does not fit at first.
func TestLongFile(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("IPI0:  1 2 3 4 Rescheduling interrupts\n", 10_000) + "TLB: 3 4 TLB shootdowns\n"
	if err := os.WriteFile(filepath.Join(root, interruptsPath), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s := OpenShootdowns(root)
	defer s.Close()
	for range 2 {
		if n, reason := s.Read(); n == nil || *n != 7 {
			t.Errorf("count %v (%s)", n, reason)
		}
	}
}
