package host

import "fmt"

// HiddenCache says why a cache between the target's file system and a medium
// could hold a whole file without showing: reads from it are as fast the first
// time as the second. It is "" where every layer is known and none is one.
// (The memory of a drive itself is, for its size, not counted as one.)
func (f *Facts) HiddenCache(target string) string {
	if v := f.Machine.Virtualisation; v != "" && v != None {
		return fmt.Sprintf("this is a virtual machine (%s): whether its host holds the file in memory cannot be "+
			"seen", v)
	}
	for i := range f.Targets {
		if t := &f.Targets[i]; t.Name == target {
			return t.hiddenCache()
		}
	}
	return "the layers below the file system were not looked at"
}

func (t *TargetFacts) hiddenCache() string {
	var bottom []*Device
	for _, d := range t.devices() {
		bottom = d.lowest(bottom)
	}
	for _, d := range bottom {
		switch d.Kind {
		case KindLoop, KindMemory:
			return fmt.Sprintf("%s is in memory, or on a file whose cache cannot be seen", d.Name)
		case KindVirtio, KindOther:
			return fmt.Sprintf("what is behind %s (%s) is not known", d.Name, d.Kind)
		}
	}
	if len(bottom) == 0 {
		return "no block device is behind the file system: what answers cannot be seen"
	}
	return ""
}
