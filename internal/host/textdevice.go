package host

// deviceRows describes a device and, below it, those it is stacked on.
func deviceRows(label string, d Device) []Row {
	rows := []Row{
		{label, list(d.Kind, d.Name, d.Partition)},
		{"  model", d.Model},
		{"  serial", d.Serial},
		{"  firmware", d.Firmware},
		{"  layer", d.Layer},
		{"  backing file", d.BackingFile},
		{"  size", size(d.Size)},
		{"  rotating", yesNo(d.Rotational)},
		{"  scheduler", d.Scheduler},
		{"  write cache", d.WriteCache},
		{"  read-ahead", size(d.ReadAhead)},
		{"  largest request", size(d.MaxRequest)},
		{"  largest discard", size(d.DiscardMax)},
		{"  logical block", size(d.LogicalBlock)},
		{"  physical block", size(d.PhysicalBlock)},
		{"  cgroup limits", list(d.Limits...)},
		{"  in diskstats", yesNo(d.IOStats)},
	}
	if l := d.Link; l != nil {
		rows = append(rows, Row{"  PCIe link", l.short() + ", " + l.Speed},
			Row{"  PCIe link at best", Link{Speed: l.MaxSpeed, Width: l.MaxWidth}.short() + ", " + l.MaxSpeed})
	}
	if d.Card != nil {
		rows = append(rows, cardRows(*d.Card)...)
	}
	for _, u := range d.Underlying {
		rows = append(rows, deviceRows("on", u)...)
	}
	return rows
}

func cardRows(c Card) []Row {
	rows := []Row{
		{"  manufacturer", c.Manufacturer},
		{"  OEM", c.OEM},
		{"  made", c.Date},
		{"  CID", c.CID},
		{"  bus", c.Bus},
	}
	if k := c.Classes; k != nil {
		rows = append(rows, Row{"  classes", orNone(list(k.Speed, k.UHS, k.Video, k.Application))})
	}
	return rows
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}
