package counters

// Shootdowns reads the host's TLB shootdowns alone, for time series.
type Shootdowns struct {
	text   *textSource // nil: see reason
	reason string
}

// OpenShootdowns opens the count. root is "/", or a folder with a proc for
// tests. It never fails: see Read.
func OpenShootdowns(root string) *Shootdowns {
	f, err := openText(root, interruptsPath, false)
	if err != nil {
		return &Shootdowns{reason: err.Error()}
	}
	return &Shootdowns{text: &textSource{f, parseShootdowns}}
}

// Read returns the interrupts since the machine started, or nil and why there
// is no count.
func (s *Shootdowns) Read() (n *int64, reason string) {
	if s.text == nil {
		return nil, s.reason
	}
	v := []int64{absent}
	if err := s.text.end(v); err != nil {
		return nil, err.Error()
	}
	if v[0] == absent {
		return nil, noShootdowns
	}
	return &v[0], ""
}

// Close gives the file back.
func (s *Shootdowns) Close() error {
	if s.text == nil {
		return nil
	}
	err := s.text.close()
	s.text, s.reason = nil, "closed"
	return err
}
