package plan

import (
	"cmp"
	"slices"
	"time"
)

// Replicas is how many there are.
const Replicas = 2

// FaultKind is what breaks.
type FaultKind string

// What happens to processes.
const (
	KillReplica FaultKind = "SIGKILL replica"
	StopReplica FaultKind = "SIGTERM replica"
	KillRedis   FaultKind = "SIGKILL redis"
	// PowerLoss kills Redis and takes back what it wrote in the last second.
	PowerLoss FaultKind = "power loss of redis"
	RedisFull FaultKind = "redis full"
)

// What happens on a link of one replica.
const (
	Latency   FaultKind = "latency"
	Bandwidth FaultKind = "bandwidth"
	Reset     FaultKind = "reset"
	BlackHole FaultKind = "black hole"
	HalfOpen  FaultKind = "half-closed"
	Refuse    FaultKind = "connection refused"
)

// What a vendor does to a share of the requests.
const (
	Status   FaultKind = "status"
	LoseIt   FaultKind = "reply lost"
	SlowBody FaultKind = "slow body"
	Garbage  FaultKind = "garbage body"
	CutBody  FaultKind = "cut body"
	Slow     FaultKind = "slow answer"
	// Expire makes every token of Omnium worthless.
	Expire FaultKind = "tokens expired"
	// Step steps the clock of Omnium.
	Step FaultKind = "clock step"
)

// The links of a replica: to its neighbours, and from whoever posts to it.
const (
	ToRedis  = "redis"
	ToOmnium = "omnium"
	ToFlow   = "flow"
	FromHook = "webhook"
)

// Fault is something that breaks at a time and is healed later.
type Fault struct {
	At, For time.Duration
	Kind    FaultKind
	Replica int
	// Link is the one that is concerned, or the vendor: ToOmnium or ToFlow.
	Link string
	// Tenant narrows a vendor's fault to one of Flow's; empty means all.
	Tenant string
	// Code and RetryAfter, in seconds, are answered; 0 leaves the header out.
	Code, RetryAfter int
	// Percent of the requests are concerned.
	Percent int
	// Step is how far the clock goes ahead of the right time.
	Step time.Duration
	// Millis and Rate, in KB/s, are of latency and bandwidth.
	Millis, Rate int
}

// faults draws the plan's faults. Each storm has the crashes; the rest is drawn.
func (p *planner) faults() {
	if p.size.Faults == 0 {
		return
	}
	loss := KillRedis
	if p.plan.Everysec {
		loss = PowerLoss
	}
	p.fault(Fault{Kind: KillReplica, For: p.millis(200, 1500), Replica: p.IntN(Replicas)})
	p.fault(Fault{Kind: loss, For: p.millis(100, 1500)})
	kinds := []func() Fault{p.process, p.link, p.link, p.answer, p.answer, p.answer, p.world}
	for len(p.plan.Faults) < p.size.Faults {
		p.fault(kinds[p.IntN(len(kinds))]())
	}
	slices.SortStableFunc(p.plan.Faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
}

func (p *planner) fault(f Fault) {
	f.At = p.between(0.05, 0.95)
	p.plan.Faults = append(p.plan.Faults, f)
}

func (p *planner) millis(from, to int) time.Duration {
	return time.Duration(from+p.IntN(to-from)) * time.Millisecond
}

func (p *planner) process() Fault {
	kinds := []FaultKind{KillReplica, StopReplica, KillRedis, RedisFull}
	return Fault{Kind: kinds[p.IntN(len(kinds))], For: p.millis(200, 2000), Replica: p.IntN(Replicas)}
}

func (p *planner) link() Fault {
	kinds := []FaultKind{Latency, Bandwidth, Reset, BlackHole, HalfOpen, Refuse}
	links := []string{ToRedis, ToOmnium, ToFlow, FromHook}
	return Fault{
		Kind: kinds[p.IntN(len(kinds))], For: p.millis(300, 4000), Replica: p.IntN(Replicas),
		Link: links[p.IntN(len(links))], Millis: 20 + p.IntN(400), Rate: 2 + p.IntN(60),
	}
}

func (p *planner) answer() Fault {
	kinds := []FaultKind{Status, Status, Status, Status, LoseIt, SlowBody, Garbage, CutBody, Slow}
	f := Fault{
		Kind: kinds[p.IntN(len(kinds))], For: p.millis(300, 2500), Link: ToFlow, Percent: 5 + p.IntN(96),
		Tenant: []string{"", "fjell_no", "fjell_se"}[p.IntN(3)], Millis: 100 + p.IntN(1500),
	}
	codes := []int{401, 403, 409, 422, 429, 500, 502, 503, 504}
	if p.IntN(3) == 0 {
		// Who is refused by Omnium takes a minute's rest: 401 comes with Expire, and is over at once.
		f.Link, f.Tenant, codes = ToOmnium, "", []int{429, 500, 502, 503, 504}
	}
	f.Code = codes[p.IntN(len(codes))]
	if f.Code == 429 || f.Code == 503 {
		f.RetryAfter = p.IntN(3)
	}
	return f
}

func (p *planner) world() Fault {
	if p.IntN(2) == 0 {
		return Fault{Kind: Expire}
	}
	return Fault{Kind: Step, Step: time.Duration(p.IntN(240)-120) * time.Second, For: p.millis(500, 5000)}
}

// FaultKinds are all kinds, as a report lists them.
func FaultKinds() []FaultKind {
	return []FaultKind{
		KillReplica, StopReplica, KillRedis, PowerLoss, RedisFull,
		Latency, Bandwidth, Reset, BlackHole, HalfOpen, Refuse,
		Status, LoseIt, SlowBody, Garbage, CutBody, Slow, Expire, Step,
	}
}
