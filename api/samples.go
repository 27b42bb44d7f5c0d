package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/omniflow/omniflow/internal/ledger"
)

// sample is a minute of a tenant as the admin API shows it.
type sample struct {
	At     time.Time    `json:"at"`
	Pushed int64        `json:"pushed"`
	Agreed int64        `json:"agreed"`
	Failed int64        `json:"failed"`
	Buried int64        `json:"buried"`
	Queue  *queueStatus `json:"queue"`
}

// How many minutes are shown: when the client does not say, and at most.
const (
	defaultMinutes = 180
	maxMinutes     = int(ledger.SampleAge / time.Minute)
)

// listSamples answers GET /admin/v1/tenants/{tenant}/samples.
func (s *server) listSamples(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	minutes, err := minutesParam(r)
	if err != nil {
		return err
	}
	now := time.Now()
	from := now.Add(-time.Duration(minutes-1) * time.Minute)
	samples, err := s.Archive.Samples(r.Context(), t, from, now)
	if err != nil {
		return storeFault(fmt.Errorf("read samples of %s: %w", t, err))
	}
	list := page[sample]{Items: make([]sample, 0, len(samples))}
	for _, one := range samples {
		list.Items = append(list.Items, shownSample(one))
	}
	return writeJSON(w, http.StatusOK, list)
}

func minutesParam(r *http.Request) (int, error) {
	text := r.URL.Query().Get("minutes")
	if text == "" {
		return defaultMinutes, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxMinutes {
		return 0, refuse(errInvalid, fmt.Sprintf("minutes must be a number from 1 to %d.", maxMinutes), err)
	}
	return n, nil
}

func shownSample(s ledger.Sample) sample {
	shown := sample{
		At: s.At.UTC(), Pushed: s.Pushed, Agreed: s.Agreed, Failed: s.Failed, Buried: s.Buried,
	}
	if d := s.Depth; d != nil {
		shown.Queue = &queueStatus{
			Ready: d.Ready, Delayed: d.Delayed, Leased: d.Leased, Dead: d.Dead,
			OldestSeconds: d.Oldest.Seconds(),
		}
	}
	return shown
}
