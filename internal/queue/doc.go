// Package queue is the durable, deduplicating, coalescing queue of every tenant, in Redis. It holds
// which objects must be looked at, not what happened to them: a job's key is (resource, object id),
// and a worker that has it reads what the object looks like now. Duplicates, reordering and
// repetition are therefore harmless.
//
// # States
//
//	        enqueue (new)                 claim
//	────────────────────────▶  ready  ──────────────▶  leased
//	                             ▲ ▲                    │ │ │
//	   lease ran out (reap),     │ │  retry, release,   │ │ │ ack
//	   ack with newer events     │ └────────────────────┘ │ └──────▶ gone
//	─────────────────────────────┘                        │
//	                             ▲                        │ bury, poison
//	                             │   replay, newer event  ▼
//	                             └───────────────────── dead
//
// Ready covers due now and due later (backoff, snoozed, waiting for a validity window). A dead
// letter is left alone until an operator replays it or a newer event names the object.
//
// # Lanes
//
// A job that waits is in one of two lanes: live, where events put it, or bulk, for catch-up. Claims
// take live jobs first, but of every four that are claimed while bulk ones are due, at least one is a
// bulk one, however few are claimed at a time. A job keeps its lane through retries, releases, crashes
// and acks that make it due again. A live event lifts a bulk job for good:
//
//   - one that waits moves over, with the time it is due, or sooner as any event makes it;
//   - one that backs off moves over too, and goes on backing off;
//   - one that is leased returns to the live lane if it returns at all;
//   - a dead one is revived in the lane of what revives it. A replay is live: somebody asked for it.
//
// A bulk entry never lowers a live job.
//
// # Who is authoritative
//
// Redis, and its clock. Every transition is one script in lua/, so that nothing is ever half done.
// A claim gives a lease with a token that grows with every claim, also when a failover has lost the
// newest ones; ack, retry, release, bury and extend are refused without the current token. A job that receives events while it is leased gets a
// new generation, and the ack of the older one makes it due again instead of removing it: no update
// is lost. Time comes from TIME inside the scripts and never steps back for a tenant.
//
// # Structures per tenant
//
// All under one hash tag, omniflow:{tenant}:
//
//	meta    hash    paused, suspended, the fencing counter, the clock guard, the ring's marks, the
//	                live jobs that went first since a bulk one did, the audit's place
//	jobs    hash    resource:id → generation attempts crashes token enqueued flags cause
//	due     zset    resource:id by the time it is due, in the live lane
//	bulk    zset    the same, in the bulk lane
//	leased  zset    resource:id by the end of its lease
//	dead    hash    resource:id → generation attempts time lengths reason cause detail
//	died    zset    resource:id by the time it was buried
//	seen0…  set     12-byte digests of event ids, half a dedupe window each, used in a ring
//
// Beside them omniflow:parked keeps events that no tenant takes now.
//
// # Wake-ups
//
// The channel omniflow:wake carries the id of a tenant that had nothing due and got something, from
// the script that made it due: idle processes need not poll for it. Hints may be lost and change
// nothing: every process looks by itself now and then, and at the latest when something is due that
// it knows of.
//
// # Audit
//
// Every look of the reaper compares one page of one structure with the others and repairs what
// contradicts them; Repair lists the kinds. Where it stopped is in meta. The scripts leave no
// contradictions behind, so that each repair is counted, logged and worth a look.
//
// # The life of an event, and what a crash means
//
//  1. The request arrives.                      Crash: Omnium sees no answer and repeats it.
//  2. The body is parsed.                       The same.
//  3. The operation table names the resource.   The same.
//  4. The directory names the tenants.          The same.
//  5. One script per tenant: dedupe and job.    Before: as above. After: the repetition is a
//     duplicate for the tenants that have it and new
//     for the others. Then 202.
//  6. A worker claims with a lease.             The lease runs out, the reaper returns the job
//     and counts a crash; five bury it.
//  7. The object is read and mapped.            The same; nothing was written.
//  8. The difference is pushed to Flow.         The same; the next run repeats idempotent writes.
//  9. What was pushed is recorded.              The same; the write is repeated once.
//  10. The outcome is settled by one script.     Before: as above. After: nothing is left to do.
//  11. History is written, beside the work.      An operator misses one line.
package queue
