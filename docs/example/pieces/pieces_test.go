package main

import (
	"testing"

	"mmapbench/io/backend/backendtest"
)

func TestConformance(t *testing.T) { backendtest.Run(t, pieces{}, "", "piece=512", "piece=1M") }
