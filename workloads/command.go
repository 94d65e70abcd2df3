package workloads

import "errors"

// Command stands for the commands of the user. It is found by its name and not listed:
// a command is given by its line, and the arm's backend is the name of the command. The
// harness runs the line, as a process that is measured whole.
var Command Workload = commands{}

type commands struct{}

func (commands) Info() Info {
	return Info{Name: "exec", Summary: "run a command, and measure it as a whole", Kind: Runs}
}

func (commands) New(Task) (Job, error) {
	return nil, errors.New("a command is a process, and no job in this one")
}
