package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/memory"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// Runner carries out a plan.
type Runner struct {
	Plan      *results.Plan
	Catalogue workloads.Catalogue
	Targets   []*target.Target
	Worker    []string // command line of a worker process
	// Workers are those of the sides of a gate that have one of their own.
	Workers map[string][]string
	// Review is asked after each round, with the rounds done, which further arms are
	// left out from then on, and whether the run may end; nil: none, and it may not.
	Review  func(rounds int) (drop []int, over bool, err error)
	Dropped []results.Dropped // by the run that is resumed
	Writer  *results.Writer
	Done    []results.Trial // what an earlier run, which is resumed, has done
	Host    host.Facts      // the machine and the plan's targets

	// Began is when the budget began to run; the zero time: when Run does.
	Began time.Time

	Tell func(Event) // is told how far the run is; may be nil
}

// ErrWrongBytes ends a run: something between the device and the program does
// not return what was written, or this program is wrong. Either way no number
// of the run can be trusted.
var ErrWrongBytes = errors.New("wrong bytes")

// minRounds is how many rounds an interval of the median needs (2 * 2^-6 < 5%).
const minRounds = 6

// Run carries out the plan. When interrupted is closed, it ends after the
// running trial, or a second later; when ctx is done, at once. The writer is closed with how the
// run ended, which is returned, with the error if that was the reason.
func (r *Runner) Run(ctx context.Context, interrupted <-chan struct{}) (results.End, error) {
	defer memory.Lean()()
	if r.Began.IsZero() {
		r.Began = time.Now()
	}
	s := &state{
		Runner: r, ctx: ctx, stop: interrupted, oom: readOOMKills("/"),
		files: map[string]target.Files{}, cached: map[string]string{}, debt: map[string]*dataset.Dir{},
		done: map[[2]int]bool{}, dropped: map[int]bool{}, every: map[int]int64{}, slowest: map[int]time.Duration{},
		timeouts: map[int]int{}, failures: failures{}, remakes: map[string]int{},
		worked: map[string]bool{}, broken: map[string]*results.TrialError{},
		verifier: verifier{runner: r, sums: map[schedule.Data]*dataset.Sums{}},
	}
	status, err := s.run()
	end := results.End{Status: status, Ended: time.Now()}
	if err != nil {
		end.Status, end.Reason = results.EndError, err.Error()
		if e, ok := errors.AsType[*results.TrialError](err); ok {
			end.Said = e.Said
		}
	}
	if !errors.As(err, new(*immortalError)) { // a target that does not answer is not asked again
		for _, t := range r.Targets {
			err = errors.Join(err, t.Dir.Remove(outFile))
		}
	}
	return end, errors.Join(err, r.Writer.Close(end))
}

// outFile is the name of the file that a trial makes.
const outFile = "out"

// state is a run under way.
type state struct {
	*Runner
	ctx      context.Context
	stop     <-chan struct{}
	files    map[string]target.Files // the key is the target
	done     map[[2]int]bool         // (round, arm)
	dropped  map[int]bool            // arms that are left out of the rounds to come
	cached   map[string]string       // dataset -> cache state of the last trial on it
	every    map[int]int64           // arm -> of how many accesses its first trial timed one
	debt     map[string]*dataset.Dir // target -> its folder, to which was written since it was settled
	board    board
	verifier verifier
	began    time.Time                      // when the first round began
	trials   int                            // done in this process
	worked   map[string]bool                // sides of a gate that gave a measurement
	broken   map[string]*results.TrialError // side -> its last error
	failures failures

	slowest  map[int]time.Duration // arm -> its longest trial, without the plan's duration
	timeouts map[int]int           // arm -> trials of this run that took too long
	remakes  map[string]int        // target -> datasets that were made again
	recorded *os.File              // the accesses of a replay; nil: none was tried yet
	oom      oomKills              // the last count
}

func (s *state) run() (string, error) {
	for _, t := range s.Done {
		s.done[[2]int{t.Round, t.Arm}] = true
		s.timed(&t)
		if t.Usable() {
			s.slowest[t.Arm] = max(s.slowest[t.Arm], took(&t)-s.Plan.Duration)
		}
		s.failures.note(&t)
	}
	for _, d := range s.Dropped {
		s.drop(d.Arms)
	}
	if err := s.examine(); err != nil {
		return "", err
	}
	for _, t := range s.Targets {
		f, err := t.Provide(s.Plan, s.making, s.stop)
		if errors.Is(err, target.ErrStopped) {
			return results.EndInterrupted, nil
		}
		if err != nil {
			return "", err
		}
		s.files[t.Name] = f
		s.debt[t.Name] = t.Dir // what was made just now
	}
	s.board.survey(s.Plan.Cooldown)
	s.began = time.Now()
	for round := range s.Plan.Rounds {
		if status := s.mayBegin(round); status != "" {
			return status, nil
		}
		status, err := s.round(round)
		if err != nil || status != "" {
			return status, err
		}
		if err := errors.Join(s.brokenSide(), s.hopeless()); err != nil {
			return "", err
		}
		if err := s.giveUp(); err != nil {
			return "", err
		}
		if over, err := s.review(round + 1); err != nil || over {
			return results.EndDecided, err
		}
	}
	return results.EndComplete, nil
}

// review asks after a round what may be left out from then on.
func (s *state) review(rounds int) (over bool, err error) {
	if s.Review == nil {
		return false, nil
	}
	arms, over, err := s.Review(rounds)
	arms = slices.DeleteFunc(arms, func(arm int) bool { return s.dropped[arm] })
	if err != nil || over || len(arms) == 0 {
		return over, err
	}
	s.drop(arms)
	return len(s.dropped) == len(s.Plan.Arms), s.Writer.Drop(rounds, arms)
}

func (s *state) drop(arms []int) {
	for _, arm := range arms {
		s.dropped[arm] = true
	}
}

// mayBegin decides whether to go on: whether as many rounds fit into the budget as
// narrow the intervals again, at the pace of the trials so far. That looks at the clock
// alone. Before there are enough rounds for an interval one is begun even if it may be
// cut short.
func (s *state) mayBegin(round int) string {
	if s.Plan.Budget == 0 || round < minRounds || s.trials == 0 {
		return ""
	}
	more := min(schedule.NextRounds(s.Plan, round), s.Plan.Rounds) - round
	trials := more * (len(s.Plan.Arms) - len(s.dropped))
	if time.Since(s.Began)+s.expect(trials) > s.Plan.Budget {
		return results.EndBudget
	}
	return ""
}

// expect is how long so many trials take at the pace of those of this process.
func (s *state) expect(trials int) time.Duration {
	return time.Since(s.began) / time.Duration(s.trials) * time.Duration(trials)
}

func (s *state) round(round int) (string, error) {
	if err := s.cool(); err != nil {
		return "", err
	}
	for _, id := range schedule.Order(s.Plan, round) {
		if s.done[[2]int{round, id}] || s.dropped[id] || s.timeouts[id] >= maxTimeouts {
			continue
		}
		select {
		case <-s.stop:
			return results.EndInterrupted, nil
		default:
		}
		if s.Plan.Budget > 0 && time.Since(s.Began) > s.Plan.Budget {
			return results.EndBudget, nil
		}
		s.progress(round, s.Plan.Arms[id])
		switch err := s.trial(round, s.Plan.Arms[id]); {
		case errors.Is(err, errInterrupted): // the last trial included
			return results.EndInterrupted, nil
		case err != nil:
			return "", err
		}
	}
	return "", s.Writer.Flush()
}

// trial tries one arm once and writes it down.
func (s *state) trial(round int, a results.Arm) error {
	remade, err := s.heal(a)
	if errors.Is(err, target.ErrStopped) {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	spec, err := s.spec(round, a)
	if err != nil {
		return err
	}
	before := s.board.look()
	l := s.limit(spec, a)
	if own := spec.Way.Limit; l.command > 0 && (own == 0 || l.command < own) {
		spec.Way.Limit = l.command // the worker does not count the wait for earlier writes
	}
	t, err := s.spawn(spec, a, l)
	if err != nil {
		return err
	}
	t.Round, t.Arm = round, a.ID
	s.timedOut(&t)
	s.timed(&t)
	s.left(spec, &t)
	s.verifier.verify(spec, &t)
	s.blame(a, &t)
	if remade {
		t.Warnings = append(t.Warnings, results.WarnRemade)
	}
	s.board.note(&t, before)
	t.Warnings = append(t.Warnings, trialWarnings(&t, a, s.calibration(a.Target))...)
	if err := s.Writer.Append(t); err != nil {
		return err
	}
	s.tell(Tried{&t})
	s.done[[2]int{round, a.ID}] = true
	s.trials++
	s.failures.note(&t)
	if t.Error == nil {
		s.worked[a.Side] = true
	} else {
		s.broken[a.Side] = t.Error
	}
	if t.Error != nil && t.Error.Kind == results.ErrorBytes {
		return fmt.Errorf("%w: round %d, arm %d on %s: %s", ErrWrongBytes, round+1, a.ID, a.Target, t.Error.Text)
	}
	if spec.Out == "" {
		return nil
	}
	return spec.handles[0].Remove(outFile)
}

// worker is the command line of the arm's worker process.
func (s *state) worker(a results.Arm) []string {
	if w := s.Workers[a.Side]; w != nil {
		return w
	}
	return s.Worker
}

// spec completes the worker's specification with what the arm does not say.
func (s *state) spec(round int, a results.Arm) (Spec, error) {
	spec := newSpec(s.Plan, a, schedule.PatternSeed(s.Plan, round))
	f := s.files[a.Target]
	spec.Rehearsal, spec.Rehearse = f.Rehearsal, f.RehearsalSize
	spec.Devices, spec.NoDevice = s.devices(a.Target)
	spec.Unseen = s.Host.HiddenCache(a.Target)
	spec.OpTime = 1e9 * schedule.AccessTime(a, s.Catalogue, s.calibration(a.Target))
	if s.Plan.Duration > 0 && results.IsCold(a.Cache) {
		spec.Ops = s.onePass(a) // the next would come from the page cache
	}
	spec.Every = s.every[a.ID]
	if c, err := s.Plan.CommandOf(a); err == nil {
		s.handCommand(&spec, c)
	} else if err := s.hand(&spec, a); err != nil {
		return spec, err
	}
	if d, ok := schedule.DataOf(s.Catalogue, a); ok {
		spec.Data = f.Data[d]
		d.Size = f.RehearsalSize
		spec.Rehearsal = f.Data[d]
	}
	if a.Cache != "" {
		path := spec.path(spec.Data) // all commands have the same files, which count as ""
		spec.Refill = !results.IsCold(a.Cache) && !refilled(s.cached[path])
		s.cached[path] = a.Cache
	}
	return spec, nil
}

// onePass is how many operations go through a file once.
func (s *state) onePass(a results.Arm) int64 {
	records := a.Size / a.Record
	if w, err := s.Catalogue.Workload(a.Workload); err == nil {
		return max(records/w.Info().AccessesOf(1, a.Size, a.Record), 1)
	}
	return records
}

// timed remembers how many accesses an arm's first trial timed.
func (s *state) timed(t *results.Trial) {
	if t.Latency != nil && s.every[t.Arm] == 0 {
		s.every[t.Arm] = t.Latency.Every
	}
}

// left notes a trial after which the file is not, or may not be, as its cache state has
// it: pages that came back came by themselves, and not as worker.fill brings them.
func (s *state) left(spec Spec, t *results.Trial) {
	c := t.Cache
	lost := func(n *int64) bool { return n != nil && *n != c.Pages }
	if t.Error != nil || c == nil || lost(c.After) || lost(c.CachestatAfter) {
		s.cached[spec.path(spec.Data)] = ""
	}
}

// refilled reports whether a trial of a cache state leaves the file in the page
// cache as worker.fill brought it there.
func refilled(cache string) bool { return cache == results.Cached || cache == results.Mapped }

// devices names the block devices behind a target, or says why there are none.
func (s *state) devices(target string) (names []string, why string) {
	for i := range s.Host.Targets {
		if t := &s.Host.Targets[i]; t.Name == target {
			return t.BlockDevices()
		}
	}
	return nil, "the facts of the target's device were not read"
}

func (s *state) calibration(target string) results.Calibration {
	for _, c := range s.Plan.Calibration {
		if c.Target == target {
			return c
		}
	}
	return results.Calibration{}
}
