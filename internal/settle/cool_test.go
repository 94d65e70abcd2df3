package settle

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// root lays out files below a temporary folder.
func root(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const zone0 = "sys/class/thermal/thermal_zone0/temp"

func TestTemperature(t *testing.T) {
	zones := func(temps ...string) map[string]string {
		files := map[string]string{"sys/class/thermal/cooling_device0/temp": "99000\n"}
		for i, temp := range temps {
			files[strings.Replace(zone0, "0", string(rune('0'+i)), 1)] = temp
		}
		return files
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  float64 // 0: no sensor
	}{
		{"a Pi", zones("48850\n"), 48.85},
		{"the hottest counts", zones("40000\n", "61500\n", "55000\n"), 61.5},
		{"broken sensors do not", zones("0\n", "-274000\n", "255000\n", "41000\n"), 41},
		{"nor what is no number", zones("N/A\n", "", "41000\n"), 41},
		{"only broken ones", zones("0\n", "nan\n"), 0},
		{"none", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Temperature(root(t, c.files))
			if c.want == 0 && !errors.Is(err, ErrNoSensor) || c.want != 0 && err != nil || got != c.want {
				t.Errorf("Temperature = %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestCool(t *testing.T) {
	dir := root(t, map[string]string{zone0: "80000\n"})
	set := func(temp string) {
		if err := os.WriteFile(filepath.Join(dir, zone0), []byte(temp), 0o644); err != nil {
			t.Error(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var seen []float64
		next := []string{"75000", "70000", "60000"}
		waited, err := Cool(t.Context(), dir, 65, time.Minute, func(temp float64) {
			seen = append(seen, temp)
			set(next[0])
			next = next[1:]
		})
		if err != nil || waited != 3*time.Second || !slices.Equal(seen, []float64{80, 75, 70}) {
			t.Errorf("Cool = %v, %v, having seen %v", waited, err, seen)
		}
		if waited, err := Cool(t.Context(), dir, 65, time.Minute, nil); waited != 0 || err != nil {
			t.Errorf("Cool of what is cool = %v, %v", waited, err)
		}
		waited, err = Cool(t.Context(), dir, 20, 2500*time.Millisecond, nil)
		if waited != 2500*time.Millisecond || !errors.Is(err, ErrHot) ||
			!strings.Contains(err.Error(), "60.0 °C after 3s") {
			t.Errorf("Cool below the room's temperature = %v, %v", waited, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if waited, err := Cool(ctx, dir, 20, time.Minute, nil); waited != 1500*time.Millisecond ||
			!errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Cool, interrupted = %v, %v", waited, err)
		}
	})
	waited, err := Cool(t.Context(), root(t, nil), 65, time.Minute,
		func(float64) { t.Error("no temperature to tell") })
	if !errors.Is(err, ErrNoSensor) || waited > time.Second {
		t.Errorf("Cool without a sensor = %v, %v", waited, err)
	}
}
