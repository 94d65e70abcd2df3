package experiment_test

import (
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/target"
)

func TestFilesThatAreTooLongAreRefused(t *testing.T) {
	for text, refused := range map[string]bool{
		"size='4G'\nrecord='64k'\nworkload='seqscan'\nbackend='pread'\ncache='cold'":            true,
		"size='4G'\nrecord='64k'\nworkload='append'\nbackend='pread'":                           true,
		"size='4194240k'\nrecord='64k'\nworkload='seqscan'\nbackend='pread'\ncache='cold'":      false,
		"size=['4M','4G']\nrecord='64k'\nworkload='seqscan'\nbackend='pread'\ncache=['cached']": true,
	} {
		s := site(1e9)
		s.Longest, s.LongestWhy = 1<<32-1, "FAT"
		_, err := experiment.Build(load(t, text), catalogue(), []target.Site{s})
		if (err != nil) != refused || err != nil && !strings.Contains(err.Error(), "none may be longer than") {
			t.Errorf("%s\nrefused %v: %v", text, refused, err)
		}
	}
}
