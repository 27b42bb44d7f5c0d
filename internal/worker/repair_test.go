package worker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

func TestRepairsAreToldOnce(t *testing.T) {
	var told []string
	inBubble(t, func(f *fixture) {
		f.queue.repaired = map[queue.Repair]int{queue.JobWithoutPlace: 3}
		f.drain(1, always(done))
		f.pass(2 * lease)
		f.end()
		if want := []string{"here job_without_place 3"}; !slices.Equal(told, want) {
			f.Errorf("OnRepair was told %q, want %q", told, want)
		}
		log := f.log.String()
		if strings.Count(log, "repaired") != 1 || !strings.Contains(log, `"level":"warn"`) ||
			!strings.Contains(log, `"kind":"job_without_place","count":3`) {
			f.Errorf("log = %s, want one warning with kind and count", log)
		}
	}, func(o *worker.Options) {
		o.OnRepair = func(id tenant.ID, kind queue.Repair, n int) {
			told = append(told, fmt.Sprint(id, " ", kind, " ", n))
		}
	})
}
