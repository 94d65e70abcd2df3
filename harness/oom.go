package harness

import "syscall"

func (s *state) killedBy(sig syscall.Signal) string { return "killed by " + sig.String() }
