package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// watched is the memory of the service and of Redis over time, and the processor time they took.
type watched struct {
	at            []time.Time
	rssMB         []float64
	redisMB       []float64
	cpu, redisCPU time.Duration
}

// watchEvery is how often memory is looked at.
const watchEvery = 250 * time.Millisecond

// watch looks until ctx ends.
func (w *watched) watch(ctx context.Context, service int, r *redisServer) error {
	before, err := cpuOf(service)
	if err != nil {
		return err
	}
	beforeRedis, err := cpuOf(r.pid())
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		rss, err := rssOf(service)
		if err != nil {
			return err
		}
		used, err := r.info(context.WithoutCancel(ctx), "memory", "used_memory")
		if err != nil {
			return err
		}
		w.at = append(w.at, time.Now())
		w.rssMB = append(w.rssMB, float64(rss)/(1<<20))
		w.redisMB = append(w.redisMB, float64(used)/(1<<20))
		pause(ctx, watchEvery)
	}
	if w.cpu, err = cpuOf(service); err != nil {
		return err
	}
	if w.redisCPU, err = cpuOf(r.pid()); err != nil {
		return err
	}
	w.cpu, w.redisCPU = w.cpu-before, w.redisCPU-beforeRedis
	return nil
}

// service tells how the resident memory of the service went.
func (w *watched) service() string {
	return fmt.Sprintf("%.0f MB at the start, %.0f at most, %.0f at the end, %+.2f MB per minute over the second half",
		w.rssMB[0], slices.Max(w.rssMB), w.rssMB[len(w.rssMB)-1], w.slope())
}

// slope is the least-squares slope of the resident memory over the second half, in MB per minute.
func (w *watched) slope() float64 {
	half := len(w.at) / 2
	at, mb := w.at[half:], w.rssMB[half:]
	var sumX, sumY, sumXX, sumXY float64
	for i := range at {
		x := at[i].Sub(at[0]).Minutes()
		sumX, sumY, sumXX, sumXY = sumX+x, sumY+mb[i], sumXX+x*x, sumXY+x*mb[i]
	}
	n := float64(len(at))
	if d := n*sumXX - sumX*sumX; d > 0 {
		return (n*sumXY - sumX*sumY) / d
	}
	return 0
}

// rssOf returns the resident memory of a process in bytes, from /proc/PID/statm.
func rssOf(pid int) (int64, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(raw)
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm: unexpected format", pid)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}
