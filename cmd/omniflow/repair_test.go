package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestRepairsAreCounted(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	r := h.start()
	ghost := redis.Z{Member: "product:ghost", Score: 1}
	if err := h.redis.Client().ZAdd(t.Context(), "omniflow:{"+string(norway)+"}:leased", ghost).Err(); err != nil {
		t.Fatal(err)
	}
	const series = `omniflow_queue_repairs_total{kind="lease_without_job",tenant="fjell_no"} 1`
	h.eventually("the repair is counted", func() error {
		if a := r.get("/metrics"); !strings.Contains(string(a.body), series) {
			return errors.New("no " + series)
		}
		return nil
	})
}
