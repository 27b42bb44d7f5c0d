package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// record is one Flow object as it shall be.
type record struct {
	// kind is the namespace of uids in the ledger, such as "supplier".
	kind, uid string
	// source is the Omnium id that the uid was made from.
	source string
	// body is a struct whose JSON tells whether anything has changed.
	body any
	// put makes Flow hold the record. known says that it was pushed before, clear are the optional
	// fields of body that Flow was given and body no longer has. created reports that Flow did not
	// have it.
	put func(ctx context.Context, known bool, clear flow.Fields) (created bool, err error)
	// holds, when not nil, reports whether Flow has exactly body already. It is asked when nothing is known
	// of the record, for then nobody needs to write what is right.
	holds func(ctx context.Context) (bool, error)
	// links are what the ledger shall remember that the body refers to.
	links []string
	// parts are what hangs below the record, such as the lines of an order; they are sent after it.
	parts []part
	// drop, when not nil, deletes a part that is gone; without it Flow keeps such parts.
	drop func(ctx context.Context, uid string) error
	// keepPart, when not nil, says of a part that is gone that it stays as it is for now.
	keepPart func(uid string) bool
}

// part is something below a record.
type part struct {
	uid  string
	body any
	// put makes Flow hold the part; see record.put. Its body says everything each time.
	put func(ctx context.Context, known bool) error
	// optional says that Flow may have no place for the part although it has the record.
	optional bool
}

// push makes Flow hold the record and its parts: it claims the uid, and sends what differs from what
// was pushed before. What is about to be sent is marked first, so that a run whose answer is lost
// leaves no fingerprint of what Flow no longer holds.
func (r *run) push(ctx context.Context, rec record) *job.Outcome {
	if o := r.own(ctx, rec.kind, rec.uid, rec.source); o != nil {
		return o
	}
	return r.pushOwned(ctx, rec)
}

// pushOwned is push for a record that several objects may share, such as an organization: nobody owns
// its uid, or the caller has claimed it.
func (r *run) pushOwned(ctx context.Context, rec record) *job.Outcome {
	prints, o := r.prints(ctx, rec.kind, []string{rec.uid})
	if o != nil {
		return o
	}
	w := &writing{run: r, record: rec, print: prints[rec.uid]}
	if o := w.plan(ctx); o != nil {
		return o
	}
	if o := w.sendBody(ctx); o != nil {
		return o
	}
	r.sent[rec.kind] = append(r.sent[rec.kind], rec.uid)
	return w.sendParts(ctx)
}

// own claims a uid for the run's object. Of two objects that fall on one uid the first keeps it
// (design §9.1).
func (r *run) own(ctx context.Context, kind, uid, source string) *job.Outcome {
	want := ledger.Owner{Object: r.job.ID, Source: source}
	owner, err := r.opts.Ledger.ClaimUID(ctx, r.opts.Tenant.ID, kind, uid, want)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	if owner.Object == want.Object {
		return nil
	}
	o := job.Bury(reasonUIDCollision, fmt.Errorf("%s uid %s belongs to %s; %s falls on the same uid",
		kind, uid, owner.Object, r.job.ID))
	return &o
}

// writing is a record on its way into Flow.
type writing struct {
	*run
	record

	print ledger.Print      // as the ledger has it now
	had   map[string]string // the parts before anything was marked
	known bool              // the body was sent before
	body  string            // fingerprint of the body, empty when it need not be sent
	todo  map[string]string // fingerprints of the parts to be sent
	gone  []string          // parts to be dropped
}

// plan finds out what differs and marks it.
func (w *writing) plan(ctx context.Context) *job.Outcome {
	w.known, w.had = w.print.Body != "", w.print.Parts
	body, err := ledger.Fingerprint(w.record.body)
	if err == nil {
		err = w.planParts()
	}
	if err != nil {
		o := job.Bury(reasonUnmappable, err)
		return &o
	}
	if w.print.Body != body {
		w.body = body
	}
	if w.body == "" && len(w.todo) == 0 && len(w.gone) == 0 {
		return nil
	}
	marked := w.print
	marked.Parts = maps.Clone(w.print.Parts)
	if w.body != "" {
		marked.Body = pending
		marked.Fields |= uint32(flow.Present(w.record.body))
	}
	for uid := range w.todo {
		setPart(&marked, uid, pending)
	}
	for _, uid := range w.gone {
		setPart(&marked, uid, pending)
	}
	if maps.Equal(marked.Parts, w.print.Parts) && marked.Body == w.print.Body && marked.Fields == w.print.Fields {
		return nil
	}
	return w.keep(ctx, marked)
}

func (w *writing) planParts() error {
	w.todo = map[string]string{}
	wanted := map[string]bool{}
	for _, p := range w.parts {
		fingerprint, err := ledger.Fingerprint(p.body)
		if err != nil {
			return err
		}
		wanted[p.uid] = true
		// Of a record that may have been created anew, nobody knows what hangs below.
		if w.print.Parts[p.uid] != fingerprint || w.print.Body == pending {
			w.todo[p.uid] = fingerprint
		}
	}
	if w.drop == nil {
		return nil
	}
	for _, uid := range slices.Sorted(maps.Keys(w.print.Parts)) {
		if !wanted[uid] && (w.keepPart == nil || !w.keepPart(uid)) {
			w.gone = append(w.gone, uid)
		}
	}
	return nil
}

func setPart(p *ledger.Print, uid, fingerprint string) {
	if p.Parts == nil {
		p.Parts = map[string]string{}
	}
	p.Parts[uid] = fingerprint
}

func (w *writing) keep(ctx context.Context, print ledger.Print) *job.Outcome {
	w.print = print
	return w.save(ctx, w.kind, w.uid, print)
}

func (w *writing) sendBody(ctx context.Context) *job.Outcome {
	if w.body == "" {
		return nil
	}
	present := flow.Present(w.record.body)
	held, o := w.held(ctx)
	if o != nil {
		return o
	}
	var created bool
	if !held {
		var err error
		created, err = w.put(ctx, w.known, flow.Fields(w.print.Fields)&^present)
		if o := w.call(err); o != nil {
			return o
		}
	}
	print := w.print
	print.Body, print.There, print.Fields = w.body, true, uint32(present)
	print.Links = w.links
	if created && w.known {
		w.lost()
		print.Parts = nil
	}
	return w.keep(ctx, print)
}

// held asks Flow about a record of which nothing is known.
func (w *writing) held(ctx context.Context) (bool, *job.Outcome) {
	if w.known || w.holds == nil {
		return false, nil
	}
	held, err := w.holds(ctx)
	if err != nil {
		o := fromFlow(err)
		return false, &o
	}
	return held, nil
}

// lost plans every part anew: Flow had lost the record, and with it what hung below.
func (w *writing) lost() {
	w.print.Parts, w.had, w.gone = nil, nil, nil
	// Fingerprints were made of these bodies before, without an error.
	_ = w.planParts()
}

// sendParts sends the parts that differ and drops those that are gone. What was done is recorded also
// when a part fails.
func (w *writing) sendParts(ctx context.Context) *job.Outcome {
	print := w.print
	print.Parts = maps.Clone(w.print.Parts)
	o := w.eachPart(ctx, &print)
	if maps.Equal(print.Parts, w.print.Parts) && print.Body == w.print.Body {
		return o
	}
	if failed := w.keep(ctx, print); failed != nil {
		return failed
	}
	return o
}

func (w *writing) eachPart(ctx context.Context, print *ledger.Print) *job.Outcome {
	for _, uid := range w.gone {
		err := w.drop(ctx, uid)
		if isNotFound(err) {
			err = nil
		}
		if o := w.call(err); o != nil {
			return o
		}
		delete(print.Parts, uid)
	}
	for _, p := range w.parts {
		fingerprint, differs := w.todo[p.uid]
		if !differs {
			continue
		}
		err := p.put(ctx, w.had[p.uid] != "")
		if o := w.call(err); o != nil {
			if p.optional {
				return o
			}
			return w.orLost(print, err, o)
		}
		setPart(print, p.uid, fingerprint)
	}
	return nil
}

// orLost takes a part that Flow has no place for as a sign that Flow has lost the record: the next run
// sends that again, and its parts with it.
func (w *writing) orLost(print *ledger.Print, err error, o *job.Outcome) *job.Outcome {
	if !isNotFound(err) {
		return o
	}
	print.Body = pending
	failed := job.Fail(reasonFlowLost+w.kind, err)
	return &failed
}
