package document

// A Chart is what a picture shows, as series of figures: which lengths, which
// curves, under which names. Package chart draws it.
type Chart struct {
	Name     string   // the file's name, without the extension
	Kind     string   // what it shows, in a word by which charts are chosen
	Rank     int      // the lower, the more it tells: charts are looked at in this order
	Title    string   // what the chart shows, in one line
	Subtitle []string // what was measured, where and how often
	Alt      string   // the finding, for those who cannot see the picture; "": Title
	Legend   []Entry
	Notes    []string // printed below the picture
	// Exactly one of the two is set.
	Bars  *Bars
	Plots *Plots
}

// A Look is how a series is told from others: by color and by mark or hatch, so that
// color is never alone. A backend has the same Look in every chart of a report.
type Look struct {
	Color int   // a place in the palette; Faint: a pale gray
	Hatch Hatch // how areas are hatched
	Mark  int   // the shape of points and the dashes of lines
}

// Faint is the color of what is not the subject.
const Faint = -1

// Series is the look of the i-th backend.
func Series(i int) Look { return Look{Color: i, Mark: i} }

// A Hatch is what an area is filled with beside its color.
type Hatch uint8

// The hatches.
const (
	Solid Hatch = iota
	Rising
	Falling
	Crossed
)

// An Entry of a legend.
type Entry struct {
	Name string
	Look Look
	Line bool // a line with a mark, and not an area
	Thin bool // a line without dashes
}

// Bars are panels of horizontal bars in rows and columns, a bar per name. The names
// stand to the left of each row of panels.
type Bars struct {
	Names []string
	Rows  [][]BarPanel
}

// A BarPanel has one bar for every name.
type BarPanel struct {
	Title string
	Axis  string // label of the horizontal axis, with its unit
	Bars  []Bar
	Scale string // panels with the same name have one axis, where it is not ""
	Dots  bool   // dots on stems, not bars
	Log   bool   // the axis is logarithmic, with a place for zero; wants Dots
}

// A Bar consists of parts laid end to end from zero. Without parts the bar is its
// label alone.
type Bar struct {
	Parts    []Part
	Interval *Interval // the whisker at the bar's end; nil: none
	Label    string    // printed beside the bar's end
}

// A Part of a bar.
type Part struct {
	Length float64
	Look   Look
}

// Length is the sum of the parts.
func (b *Bar) Length() (sum float64) {
	for _, p := range b.Parts {
		sum += p.Length
	}
	return sum
}

// An Interval of a figure.
type Interval struct{ Low, High float64 }

// Plots are panels with curves, in rows of so many columns. Their data areas are of
// one size.
type Plots struct {
	Columns int
	Height  float64 // centimeters, for a panel with its axis
	Panels  []*Plot // nil: an empty place
}

// A Plot is a panel of curves over two axes.
type Plot struct {
	Title   string
	X, Y    Axis
	Grid    Grid // upright lines; there is one level with every named tick too
	Curves  []Curve
	Changes []Change // upright lines with a label
	Levels  []Level  // level lines
}

// A Grid says which ticks of the horizontal axis have an upright line.
type Grid uint8

// The grids.
const (
	NamedTicks Grid = iota
	AllTicks
	NoTicks
)

// An Axis of a plot.
type Axis struct {
	Label    string
	Log      bool
	Min, Max float64
	Ticks    Ticks
	Unnamed  bool // the ticks have no names: an axis below has the same
}

// Ticks choose where an axis has ticks, and how they are called.
type Ticks struct {
	Kind TickKind
	Most int       // names
	At   []float64 // the places of Sizes and Named
	Name []string  // the names of Named, "" for a tick without a name
}

// A TickKind is what an axis counts.
type TickKind uint8

// The kinds of ticks.
const (
	Linear    TickKind = iota // begins at 0, with steps of 1, 2, 2.5 and 5
	Span                      // the same for an axis that does not begin at 0
	Count                     // the same, in thousands and millions
	Decades                   // 1, 2 and 5 times the powers of ten
	Seconds                   // the same as times with their units
	Quantiles                 // the axis is 1/(1-p)
	Sizes                     // sizes in bytes, those of At
	Named                     // those of At by their names
)

// A Curve is a line through points, with marks on it.
type Curve struct {
	Name  string
	Look  Look
	Thin  bool    // a thin line without dashes
	Small bool    // small marks, where points are many
	Line  []Point // joined
	Marks []Point // marks, and whiskers of those that have an interval
	Band  []Band  // the area around the line
}

// A Point of a curve.
type Point struct {
	X, Y     float64
	Interval *Interval // the interval around Y
}

// A Band is how far values reach at X.
type Band struct{ X, Low, High float64 }

// A Change is an upright line midway between two places of the horizontal axis.
type Change struct {
	Before, After float64
	Label         string
}

// A Level is a dashed level line.
type Level struct{ From, To, Y float64 }
