package latency

import (
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Summary describes the samples of a trial. The percentiles are exact to three
// digits, Max to the nanosecond.
type Summary struct {
	Every                    int64   // one access in Every was timed
	ClockNs                  float64 // cost of one reading of the clock, included once in every sample
	Count                    int64
	P50, P90, P99, P999, Max time.Duration
	Histogram                string // HdrHistogram, V2 compressed, base64
}

// Summary describes what was recorded since the start or [Recorder.Reset]; nil
// if there is no recorder, or it has no sample.
func (r *Recorder) Summary() *Summary {
	if r == nil {
		return nil
	}
	r.sort()
	h := r.sorted
	if h.TotalCount() == 0 {
		return nil
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err) // it is written to memory
	}
	at := func(percent float64) time.Duration {
		// A bucket's upper end may lie above what was seen.
		return time.Duration(min(h.ValueAtPercentile(percent), r.max))
	}
	return &Summary{Every: r.every, ClockNs: r.clockNs, Count: h.TotalCount(),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: time.Duration(r.max), Histogram: string(text)}
}

// Reset forgets what was recorded, so that another lap begins anew.
func (r *Recorder) Reset() {
	r.sorted.Reset()
	r.n, r.max, r.block, r.left = 0, 0, 0, 0
}

// textMax is longer than any histogram of this package: some 28,000 counts of
// at most 9 bytes, in base64.
const textMax = 1 << 19

func decode(text string) (h *hdrhistogram.Histogram, err error) {
	if len(text) > textMax {
		return nil, fmt.Errorf("%d bytes long, at most %d are possible", len(text), textMax)
	}
	if h, err = hdrhistogram.Decode([]byte(text)); err != nil {
		return nil, err
	}
	if h.LowestTrackableValue() != shortest || h.HighestTrackableValue() != longest ||
		h.SignificantFigures() != digits {
		return nil, fmt.Errorf("from %d to %d ns to %d digits, want %d to %d to %d", h.LowestTrackableValue(),
			h.HighestTrackableValue(), h.SignificantFigures(), shortest, longest, digits)
	}
	if h.TotalCount() == 0 {
		return nil, errors.New("it has no sample")
	}
	return h, nil
}
