package export

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A schemaReader validates against an XML schema as far as that of JUnit goes: global
// elements with mixed or element content, choices and sequences of references,
// attributes, and patterns. What it does not know is an error of the schema, so
// that nothing is taken for checked that is not.
type schemaReader struct {
	elements map[string]*xsdType
	patterns map[string]*regexp.Regexp // simple types
}

type xsdNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []xsdNode  `xml:",any"`
}

func (n *xsdNode) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

type xsdType struct {
	text       bool // character data is allowed
	children   []string
	once       []string          // children that may come once only, in a sequence
	attributes map[string]string // name -> type
	required   []string
}

func readSchema(t *testing.T, path string) *schemaReader {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var root xsdNode
	if err := xml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	s := &schemaReader{map[string]*xsdType{}, map[string]*regexp.Regexp{}}
	for i := range root.Children {
		n := &root.Children[i]
		switch kind, name := n.XMLName.Local, n.attr("name"); {
		case kind == "simpleType":
			s.patterns[name] = regexp.MustCompile("^(?:" + n.Children[0].Children[0].attr("value") + ")$")
		case kind == "element" && n.attr("type") == "xs:string":
			s.elements[name] = &xsdType{text: true}
		case kind == "element" && len(n.Children) == 1:
			x := &xsdType{attributes: map[string]string{}}
			if err := x.read(&n.Children[0], false); err != nil {
				t.Fatalf("%s: element %s: %v", path, name, err)
			}
			s.elements[name] = x
		}
	}
	for name, x := range s.elements {
		for _, c := range x.children {
			if s.elements[c] == nil && !strings.HasPrefix(c, "rerun") && !strings.HasPrefix(c, "flaky") {
				t.Fatalf("%s: element %s has the child %s, which is not described", path, name, c)
			}
		}
	}
	return s
}

func (x *xsdType) read(n *xsdNode, repeated bool) error {
	repeated = repeated || n.attr("maxOccurs") == "unbounded"
	for i := range n.Children {
		c := &n.Children[i]
		switch c.XMLName.Local {
		case "sequence", "choice":
			if err := x.read(c, repeated); err != nil {
				return err
			}
		case "element":
			x.children = append(x.children, c.attr("ref"))
			if !repeated && c.attr("maxOccurs") != "unbounded" {
				x.once = append(x.once, c.attr("ref"))
			}
		case "attribute":
			x.attributes[c.attr("name")] = c.attr("type")
			if c.attr("use") == "required" {
				x.required = append(x.required, c.attr("name"))
			}
		default:
			return fmt.Errorf("%s is not known", c.XMLName.Local)
		}
	}
	x.text = x.text || n.attr("mixed") == "true"
	return nil
}

func (s *schemaReader) validate(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var open []string
	seen := []map[string]int{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := s.element(token, open, seen[len(seen)-1]); err != nil {
				return err
			}
			open, seen = append(open, token.Name.Local), append(seen, map[string]int{})
		case xml.EndElement:
			open, seen = open[:len(open)-1], seen[:len(seen)-1]
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" && !s.elements[open[len(open)-1]].text {
				return fmt.Errorf("%s has the text %q", open[len(open)-1], token)
			}
		}
	}
}

func (s *schemaReader) element(e xml.StartElement, open []string, siblings map[string]int) error {
	name := e.Name.Local
	x := s.elements[name]
	if x == nil {
		return fmt.Errorf("element %s is not known", name)
	}
	if len(open) > 0 {
		parent := s.elements[open[len(open)-1]]
		siblings[name]++
		if !slices.Contains(parent.children, name) || siblings[name] > 1 && slices.Contains(parent.once, name) {
			return fmt.Errorf("%s may not stand in %v", name, open)
		}
	}
	missing := slices.Clone(x.required)
	for _, a := range e.Attr {
		kind, ok := x.attributes[a.Name.Local]
		if !ok {
			return fmt.Errorf("%s has the attribute %s", name, a.Name.Local)
		}
		if p := s.patterns[kind]; p != nil && !p.MatchString(a.Value) || p == nil && kind != "xs:string" {
			return fmt.Errorf("%s of %s is %q, no %s", a.Name.Local, name, a.Value, kind)
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == a.Name.Local })
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s lacks %v", name, missing)
	}
	return nil
}
