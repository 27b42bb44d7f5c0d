// Command storm lets a storm of events and faults go over the real service: two replicas of the binary that
// users run, a real redis-server, and fakes of both vendors, each a process of its own, with a proxy on
// every link between them. What happens is a plan that a seed repeats. At the end everything is healed, the
// service is given the time to come to rest, and then Flow must hold what Omnium asks for, object by object;
// every event that was taken must be accounted for; no two writes of one object may ever have overlapped;
// and none may have brought back an older state.
package main
