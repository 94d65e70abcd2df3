package latency

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Sum adds up histograms of [Summary]. The library decodes each into an array of
// 28,000 counts of its own, of which a trial has a hundred that are not 0: for a
// run of 100,000 trials that is most of what a report takes. So a histogram as this
// program writes them is added from its encoding (a zigzag LEB128 number a count, a
// negative one for so many zeros); for whatever looks unusual the library has the last
// word.
type Sum struct {
	counts []int64
	n      int // histograms
	parser
}

// Add adds a histogram. One that is damaged, or that is not of this package's range
// and precision, is an error: it would lose samples in silence.
func (s *Sum) Add(text string) error {
	if s.counts == nil {
		s.counts = newHistogram().Export().Counts
	}
	s.n++
	if found, ok := s.parse(text, len(s.counts)); ok {
		for _, f := range found {
			s.counts[f.index] += f.count
		}
		return nil
	}
	h, err := decode(text)
	if err != nil {
		return fmt.Errorf("latency histogram %d: %w", s.n, err)
	}
	for i, n := range h.Export().Counts {
		s.counts[i] += n
	}
	return nil
}

// Histogram is the sum, in nanoseconds.
func (s *Sum) Histogram() *hdrhistogram.Histogram {
	if s.counts == nil {
		return newHistogram()
	}
	return hdrhistogram.Import(&hdrhistogram.Snapshot{LowestTrackableValue: shortest, HighestTrackableValue: longest,
		SignificantFigures: digits, Counts: s.counts})
}

// A counted place of a histogram.
type counted struct {
	index int
	count int64
}

// A parser reads encodings, with memory that it uses again.
type parser struct {
	raw, plain []byte
	found      []counted
	source     bytes.Reader
	inflate    io.ReadCloser
}

// headerBytes is the length of what stands before the counts in V2.
const headerBytes = 40

// cookieMask leaves out of a cookie the width of the counts, which V2 does not use.
const cookieMask = ^int32(0xf0)

// parse lists the counts that are not 0. It reports false for whatever it does not
// know for certain.
func (p *parser) parse(text string, places int) ([]counted, bool) {
	payload, ok := p.payload(text)
	if !ok || len(text) > textMax {
		return nil, false
	}
	p.found = p.found[:0]
	total := int64(0)
	for at := 0; len(payload) > 0; {
		n, size := zigzag(payload)
		if size == 0 {
			return nil, false
		}
		payload = payload[size:]
		switch {
		case n < 0 && -n > 0 && -n <= int64(places-at):
			at += int(-n)
		case n < 0 || at >= places || total+n < total:
			return nil, false
		default:
			if n > 0 {
				p.found = append(p.found, counted{at, n})
			}
			total += n
			at++
		}
	}
	return p.found, total > 0
}

// payload returns the counts as they are encoded.
func (p *parser) payload(text string) ([]byte, bool) {
	var err error
	if p.raw, err = base64.StdEncoding.AppendDecode(p.raw[:0], []byte(text)); err != nil || len(p.raw) < 8 ||
		int32(binary.BigEndian.Uint32(p.raw))&cookieMask != hdrhistogram.V2CompressedEncodingCookieBase ||
		int64(binary.BigEndian.Uint32(p.raw[4:])) != int64(len(p.raw)-8) {
		return nil, false
	}
	p.source.Reset(p.raw[8:])
	if p.inflate == nil {
		p.inflate, err = zlib.NewReader(&p.source)
	} else {
		err = p.inflate.(zlib.Resetter).Reset(&p.source, nil)
	}
	if err != nil {
		return nil, false
	}
	out := bytes.NewBuffer(p.plain[:0])
	_, err = io.Copy(out, io.LimitReader(p.inflate, textMax))
	p.plain = out.Bytes()
	h := p.plain
	if err != nil || len(h) < headerBytes ||
		int32(binary.BigEndian.Uint32(h))&cookieMask != hdrhistogram.V2EncodingCookieBase ||
		int64(binary.BigEndian.Uint32(h[4:])) != int64(len(h)-headerBytes) ||
		binary.BigEndian.Uint32(h[12:]) != digits || binary.BigEndian.Uint64(h[16:]) != shortest ||
		binary.BigEndian.Uint64(h[24:]) != uint64(longest) {
		return nil, false
	}
	return h[headerBytes:], true
}

// zigzag reads a number of at most nine bytes, and how many it has; 0: there is none.
func zigzag(b []byte) (n int64, size int) {
	var u uint64
	for i := range min(len(b), 9) {
		if i == 8 { // the ninth has eight bits
			u |= uint64(b[i]) << 56
			return int64(u>>1) ^ -int64(u&1), 9
		}
		u |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return int64(u>>1) ^ -int64(u&1), i + 1
		}
	}
	return 0, 0
}
