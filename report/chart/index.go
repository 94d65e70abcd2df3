package chart

import (
	"cmp"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"mmapbench/report/document"
)

// Index is the name of the page that shows the charts of a folder.
const Index = "index.html"

// SaveIndex writes the page beside the charts, in their order. The page is written by
// hand, as the library for templates makes the program much larger.
func SaveIndex(dir string, charts []*document.Chart, formats []string) error {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>mmapbench: charts</title>
<style>
body{font:16px/1.4 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
img{max-width:100%;height:auto}
figure{margin:2em 0}
</style>
<h1>Charts</h1>
`)
	if len(charts) > 0 {
		fmt.Fprintf(&b, "<p>Begin with <a href=\"#c0\">%s</a>.</p>\n<ol>\n", html.EscapeString(charts[0].Title))
	}
	for i, c := range charts {
		fmt.Fprintf(&b, "<li><a href=\"#c%d\">%s</a></li>\n", i, html.EscapeString(c.Title))
	}
	b.WriteString("</ol>\n")
	for i, c := range charts {
		alt := cmp.Or(c.Alt, strings.Join(append([]string{c.Title}, c.Subtitle...), ". "))
		fmt.Fprintf(&b, "<figure id=\"c%d\">\n<img src=\"%s\" alt=\"%s\">\n<figcaption>%s:", i,
			html.EscapeString(c.Name+"."+formats[0]), html.EscapeString(alt), html.EscapeString(c.Title))
		for _, f := range formats {
			name := html.EscapeString(c.Name + "." + f)
			fmt.Fprintf(&b, " <a href=\"%s\">%s</a>", name, name)
		}
		b.WriteString("</figcaption>\n</figure>\n")
	}
	if err := os.WriteFile(filepath.Join(dir, Index), []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write the page of charts: %w", err)
	}
	return nil
}
