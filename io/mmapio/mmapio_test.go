package mmapio_test

import (
	"testing"

	"mmapbench/io/backend/backendtest"
	"mmapbench/io/mmapio"
)

func TestConformance(t *testing.T) {
	backendtest.Run(t, mmapio.Mmap,
		"",
		"shared,populate",
		"private",
		"private,populate",
		"populate,nonblock",
		"locked",
		"private,locked",
		"private,noreserve",
		"private,noreserve,populate",
		"private,noreserve,locked",
		"advise=normal",
		"advise=random",
		"advise=sequential,advise=willneed",
		"advise=populate-read",
		"private,advise=populate-read",
		"advise=hugepage",
		"advise=random,advise=willneed,advise=populate-read,locked",
		"msync=none",
		"msync=async",
		"msync=sync",
		"grow=1",
		"grow=3M,populate,msync=sync",
		"msync=none,grow=64k",
		// Refused for every verb: the suite sees that Open says so too.
		"noreserve",
		"advise=random,advise=sequential",
	)
}
