package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

const (
	// lookEvery is how often a synchronisation is asked about.
	lookEvery = time.Second
	// sayEvery is how many looks make a line, where no terminal shows a bar.
	sayEvery = 10
	// looksMissed is how many looks in a row may fail: the service may be restarting, and its work goes
	// on then.
	looksMissed = 30
)

// follow shows how far a synchronisation is until it is over. The error of an interruption says how to
// look after it.
func (r syncRun) follow(ctx context.Context, s synchronisation) (json.RawMessage, synchronisation, error) {
	show := r.progress()
	defer show.end()
	ticker := time.NewTicker(cmp.Or(r.env.lookEvery, lookEvery))
	defer ticker.Stop()
	for missed := 0; ; {
		raw, now, err := r.look(ctx, s.ID)
		switch {
		case ctx.Err() != nil:
			return nil, s, r.left(s.ID)
		case err == nil:
			missed, s = 0, now
			show.at(s)
		default:
			if missed++; missed > looksMissed {
				return nil, s, fmt.Errorf("synchronisation %s may go on: %w", s.ID, err)
			}
		}
		if err == nil && s.over() {
			return raw, s, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, s, r.left(s.ID)
		}
	}
}

func (r syncRun) look(ctx context.Context, id string) (json.RawMessage, synchronisation, error) {
	var s synchronisation
	raw, err := r.service.get(ctx, tenantPath(r.tenant, "syncs", id), nil, &s)
	return raw, s, err
}

// left is what a person is told who does not want to watch any longer.
func (r syncRun) left(id string) error {
	return fmt.Errorf("left: synchronisation %s goes on in the service; %s", id, r.hint(id))
}

// progress shows a synchronisation to people: as a bar on a terminal, else as lines.
func (r syncRun) progress() *syncProgress {
	b := newBar(r.env, "")
	return &syncProgress{bar: b, lines: !b.visible && !r.asJSON}
}

type syncProgress struct {
	bar   *bar
	lines bool
	state string
	looks int
}

func (p *syncProgress) at(s synchronisation) {
	text := s.text()
	if s.Total != nil {
		p.bar.title = s.State
		p.bar.draw(s.Done+s.Failed, *s.Total, text)
	} else {
		p.bar.say(s.State + "  " + text)
	}
	p.looks++
	if p.lines && (s.State != p.state || p.looks%sayEvery == 0) {
		fmt.Fprintf(p.bar.out, "%s: %s\n", s.State, text)
	}
	p.state = s.State
}

func (p *syncProgress) end() { p.bar.end() }

// text is everything that a line has room for.
func (s synchronisation) text() string {
	listed := fmt.Sprintf("%d of %d lists, %d seen, ", len(s.Listed), len(s.Resources), s.Seen)
	if s.Total != nil {
		listed = ""
	}
	text := fmt.Sprintf("%s%d of %d done, %d failed, %.1f/s", listed, s.Done, s.Queued, s.Failed, s.Rate)
	if s.Refused > 0 {
		text += fmt.Sprintf(", %d refused", s.Refused)
	}
	if s.Estimate != nil {
		left := time.Duration(*s.Estimate * float64(time.Second)).Round(time.Second)
		text += fmt.Sprintf(", %s left", left)
	}
	return text
}
