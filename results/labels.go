package results

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"mmapbench/internal/plain"
)

// Labels are what the user says of a run, such as the commit that was measured.
type Labels map[string]string

// labelKey is what a key may be: the name of a column, of a label in OpenMetrics and of a
// line of Go's benchmark format at once.
var labelKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

const (
	maxLabels = 20
	maxLabel  = 200 // bytes of a value
)

// ParseLabels reads texts such as "commit=1f3c09a,n=1234".
func ParseLabels(texts []string) (Labels, error) {
	l := Labels{}
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
			if !ok {
				return nil, fmt.Errorf("%q is no label: want key=value, as in commit=1f3c09a,n=1234", part)
			}
			if _, twice := l[key]; twice {
				return nil, fmt.Errorf("the label %s is given twice", key)
			}
			l[key] = value
		}
	}
	return l, l.Check()
}

// Check refuses keys and values that not every report could show.
func (l Labels) Check() error {
	if len(l) > maxLabels {
		return fmt.Errorf("%d labels are too many: at most %d", len(l), maxLabels)
	}
	for _, key := range l.Keys() {
		switch value := l[key]; {
		case !labelKey.MatchString(key):
			return fmt.Errorf("the label %q: a key is up to 40 small letters, digits and _, and begins with a letter",
				plain.Line(key))
		case value == "":
			return fmt.Errorf("the label %s has no value: is a variable not set?", key)
		case len(value) > maxLabel || !plain.Is(value):
			return fmt.Errorf("the label %s: a value is up to %d bytes of UTF-8 without control characters", key,
				maxLabel)
		}
	}
	return nil
}

// Keys are in the order of the alphabet.
func (l Labels) Keys() []string { return slices.Sorted(maps.Keys(l)) }

// String is "commit=1f3c09a, n=1234".
func (l Labels) String() string {
	parts := make([]string, 0, len(l))
	for _, key := range l.Keys() {
		parts = append(parts, key+"="+l[key])
	}
	return strings.Join(parts, ", ")
}
