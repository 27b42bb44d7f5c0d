package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/storm/plan"
)

// storm is one that goes on.
type storm struct {
	*world

	plan  plan.Plan
	say   func(string)
	began time.Time

	posts sync.WaitGroup // deliveries
	works sync.WaitGroup // faults that are to be healed
	// processes of which one at a time is broken.
	replicaLocks [plan.Replicas]sync.Mutex
	redisLock    sync.Mutex
	wireLock     sync.Mutex

	mu     sync.Mutex
	errs   []error
	count  counts
	sizes  []sizes // of the append-only file, the last few
	events []string
}

// counts are the figures of a storm.
type counts struct {
	Faults map[plan.FaultKind]int
	// Kills are SIGKILLs of the service and of Redis; Exits are ends of the service that nobody asked for.
	Kills, Exits int
	// Unwritten is how many bytes power losses took back.
	Unwritten int64
	// Cuts are when they were, each with the time from which on leases are kept again.
	Cuts [][2]time.Time
}

// sizes are those of the append-only file at a time.
type sizes struct {
	at    time.Time
	files map[string]int64
}

// action is something that happens at a time of the storm.
type action struct {
	at time.Duration
	do func(context.Context) error
}

// rage plays the plan. It returns when everything is healed and every delivery is over.
func (s *storm) rage(ctx context.Context) error {
	s.began = time.Now()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var watchers sync.WaitGroup
	watchers.Go(func() { s.sample(watching) })
	watchers.Go(func() { s.supervise(ctx, watching.Done()) })
	var failed error
	for _, a := range s.actions() {
		wait(ctx, time.Until(s.began.Add(a.at)))
		if failed = cmp.Or(ctx.Err(), a.do(ctx)); failed != nil {
			break
		}
	}
	s.works.Wait()
	if failed == nil {
		failed = s.up(ctx)
	}
	s.say("deliveries")
	s.posts.Wait()
	stop()
	watchers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(append(s.errs, failed)...)
}

func (s *storm) actions() []action {
	var list []action
	for i, c := range s.plan.Changes {
		list = append(list, action{c.At, func(ctx context.Context) error { return s.change(ctx, i, c) }})
	}
	for _, p := range s.plan.Posts {
		list = append(list, action{p.At, func(ctx context.Context) error {
			s.posts.Go(func() { s.failed(ctx, s.sender.post(ctx, p, s.must(p))) })
			return nil
		}})
	}
	for i, f := range s.plan.Faults {
		list = append(list, action{f.At, func(ctx context.Context) error {
			s.works.Go(func() { s.failed(ctx, s.fault(ctx, fmt.Sprintf("fault-%d", i), f)) })
			return nil
		}})
	}
	slices.SortStableFunc(list, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	return list
}

// must says that a post tells of something that no list of changes shows.
func (s *storm) must(p plan.Post) bool {
	return slices.ContainsFunc(p.Changes, func(i int) bool { return unlisted(s.plan.Changes[i]) })
}

// unlisted says that a change leaves nothing to be listed.
func unlisted(c plan.Change) bool {
	return c.Kind == plan.HardDelete || c.Kind == plan.SupplierGone || c.Kind == plan.StoreGone
}

func (s *storm) failed(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}

func (s *storm) change(ctx context.Context, i int, c plan.Change) error {
	var event json.RawMessage
	if err := s.omnium.ask(ctx, "change", c, &event); err != nil {
		return err
	}
	s.sender.word(i, event)
	return nil
}

// fault breaks something, waits, and heals it.
func (s *storm) fault(ctx context.Context, name string, f plan.Fault) error {
	s.note(fmt.Sprintf("%s begins: %+v", name, f), func() { s.count.Faults[f.Kind]++ })
	defer s.note(name+" is healed", func() {})
	switch f.Kind {
	case plan.KillReplica, plan.StopReplica:
		return s.endReplica(ctx, f)
	case plan.KillRedis, plan.PowerLoss:
		return s.endRedis(ctx, f)
	case plan.RedisFull:
		return s.fillRedis(ctx, f)
	case plan.Latency, plan.Bandwidth, plan.Reset, plan.BlackHole, plan.HalfOpen, plan.Refuse:
		return s.spoilWire(ctx, name, f)
	case plan.Expire:
		return s.omnium.ask(ctx, "expire", struct{}{}, nil)
	case plan.Step:
		err := s.omnium.ask(ctx, "skew", f.Step, nil)
		wait(ctx, f.For)
		return errors.Join(err, s.omnium.ask(ctx, "skew", time.Duration(0), nil))
	default:
		vendor := s.flow
		if f.Link == plan.ToOmnium {
			vendor = s.omnium
		}
		err := vendor.ask(ctx, "break", namedFault{name, f}, nil)
		wait(ctx, f.For)
		return errors.Join(err, vendor.ask(ctx, "heal", name, nil))
	}
}

// note writes something down, with the time, and changes the figures.
func (s *storm) note(text string, change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.events = append(s.events, time.Now().Format("15:04:05.000 ")+text)
}

func (s *storm) endReplica(ctx context.Context, f plan.Fault) error {
	s.replicaLocks[f.Replica].Lock()
	defer s.replicaLocks[f.Replica].Unlock()
	r := s.replicas[f.Replica]
	if f.Kind == plan.StopReplica {
		const patience = 20 * time.Second
		if !r.stop(patience) {
			return fmt.Errorf("replica %d runs on %v after SIGTERM", f.Replica, patience)
		}
	} else {
		r.kill()
		s.note("killed", func() { s.count.Kills++ })
	}
	wait(ctx, f.For)
	return r.launch(ctx)
}

func (s *storm) endRedis(ctx context.Context, f plan.Fault) error {
	s.redisLock.Lock()
	defer s.redisLock.Unlock()
	cut := time.Now()
	s.redis.kill()
	if f.Kind == plan.PowerLoss {
		if err := s.losePower(); err != nil {
			return err
		}
	}
	s.note("killed Redis", func() { s.count.Kills++ })
	wait(ctx, f.For)
	err := s.redis.launch(ctx)
	if f.Kind == plan.PowerLoss {
		s.note("Redis is back", func() { s.count.Cuts = append(s.count.Cuts, [2]time.Time{cut, time.Now().Add(lease + time.Second)}) })
	}
	return err
}

// forgotten says that leases of a time may have gone with the power: who had one does not know it before it
// has tried to extend it.
func (c counts) forgotten(at time.Time) bool {
	return slices.ContainsFunc(c.Cuts, func(cut [2]time.Time) bool { return at.After(cut[0]) && at.Before(cut[1]) })
}

// losePower takes back what was written in about the last second.
func (s *storm) losePower() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var then map[string]int64
	for _, was := range s.sizes {
		if time.Since(was.at) >= time.Second {
			then = was.files
		}
	}
	s.sizes = nil
	bytes, err := s.redis.cutBack(then)
	s.count.Unwritten += bytes
	return err
}

// sample remembers how long the append-only file was.
func (s *storm) sample(ctx context.Context) {
	const every, kept = 50 * time.Millisecond, 40
	for ctx.Err() == nil {
		now := sizes{time.Now(), s.redis.written()}
		s.mu.Lock()
		s.sizes = append(s.sizes, now)
		s.sizes = s.sizes[max(0, len(s.sizes)-kept):]
		s.mu.Unlock()
		wait(ctx, every)
	}
}

// supervise starts replicas that have ended by themselves, as any supervisor does.
// They outlive it: their context is the storm's.
func (s *storm) supervise(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		for i := range s.replicas {
			s.failed(ctx, s.revive(ctx, i))
		}
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}

func (s *storm) revive(ctx context.Context, i int) error {
	if !s.replicaLocks[i].TryLock() {
		return nil // somebody is ending it
	}
	defer s.replicaLocks[i].Unlock()
	if s.replicas[i].running() {
		return nil
	}
	s.note(fmt.Sprintf("replica %d has ended by itself", i), func() { s.count.Exits++ })
	return s.replicas[i].launch(ctx)
}

func (s *storm) fillRedis(ctx context.Context, f plan.Fault) error {
	s.redisLock.Lock()
	defer s.redisLock.Unlock()
	if err := s.redis.fill(ctx, true); err != nil {
		return err
	}
	wait(ctx, f.For)
	return s.redis.fill(ctx, false)
}

func (s *storm) spoilWire(ctx context.Context, name string, f plan.Fault) error {
	s.wireLock.Lock()
	err := s.wires.spoil(name, f)
	s.wireLock.Unlock()
	if err != nil {
		return err
	}
	wait(ctx, f.For)
	s.wireLock.Lock()
	defer s.wireLock.Unlock()
	return s.wires.heal(context.WithoutCancel(ctx), name, f)
}
