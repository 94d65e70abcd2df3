//go:build linux && !386 && !arm

package cli

import (
	"strings"

	"mmapbench/io/backend"
)

// listBackends describes every option, of backends that share it once, and tries in the
// working directory whether it is here.
func (a *app) listBackends(c *columns) {
	first := map[string]string{} // an option as it is described -> the backend that has it first
	for _, b := range a.catalogue.Backends {
		info := b.Info()
		c.add("  "+info.Name, "", info.Summary)
		again := map[string][]string{}
		for _, o := range info.Options {
			described := o.Usage() + o.Doc
			if other := first[described]; other != "" {
				again[other] = append(again[other], o.Name)
				continue
			}
			first[described] = info.Name
			listOption(c, o)
		}
		for _, other := range a.catalogue.BackendNames() {
			if names := again[other]; names != nil {
				c.add("    as "+other, "", strings.Join(names, ", "))
			}
		}
	}
	c.head("Whether an option is here was tried in this folder, whose file system decides on some of them. " +
		"\"Seen\" is where its effect shows.")
}

func listOption(c *columns, o backend.Option) {
	doc := documented(o) + "; seen: " + o.Seen
	if o.Seen == "" {
		doc = documented(o) + "; nothing shows the effect"
	}
	if o.Kind != backend.Choice {
		here := "yes"
		if why := tried(o, ""); why != "" {
			here, doc = "no", doc+"; here: "+why
		}
		c.add("    "+o.Usage(), here, doc)
		return
	}
	c.add("    "+o.Name+"=", "", doc)
	var there []string
	reasons := map[string]string{}
	for _, v := range o.Values {
		if reasons[v] = tried(o, v); reasons[v] == "" {
			there = append(there, v)
		}
	}
	if there != nil {
		c.add("", "yes", strings.Join(there, ", "))
	}
	for _, v := range o.Values {
		if reasons[v] != "" {
			c.add("", "no", v+": "+reasons[v])
		}
	}
}

// tried says why this machine lacks an option; "" if it has it.
func tried(o backend.Option, value string) string {
	if o.Probe == nil {
		return ""
	}
	if err := o.Probe(".", value); err != nil {
		return err.Error()
	}
	return ""
}
