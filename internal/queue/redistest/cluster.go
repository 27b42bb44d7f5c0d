package redistest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	masters     = 3
	slots       = 16384
	nodeTimeout = "2000"           // milliseconds
	joinTimeout = 30 * time.Second // until every node knows every other; usually two or three
)

// Cluster is a Redis Cluster of three masters without replicas, so that the slots of a master that is
// killed stay away until it is restarted. As a whole cluster it then refuses every key after a while.
type Cluster struct {
	Nodes []*Server

	t    testing.TB
	busy sync.Mutex // held by the test that Empty was called for
}

// StartCluster runs a cluster that ends with the test and waits until all its nodes serve.
func StartCluster(t testing.TB, o ...Option) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	node := func(o *options) {
		o.cluster = true
		o.extra = append(o.extra, "--cluster-enabled", "yes", "--cluster-node-timeout", nodeTimeout)
	}
	for range masters {
		c.Nodes = append(c.Nodes, Start(t, append(o, node)...))
	}
	c.join()
	return c
}

// join gives every node its share of the slots and makes them know each other.
func (c *Cluster) join() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), joinTimeout)
	defer cancel()
	for i, n := range c.Nodes {
		rdb := n.Client()
		first, last := slots*i/masters, slots*(i+1)/masters-1
		if err := rdb.ClusterAddSlotsRange(ctx, first, last).Err(); err != nil {
			c.t.Fatalf("redistest: CLUSTER ADDSLOTS %d to %d: %v", first, last, err)
		}
		// Nodes with one epoch would settle it between themselves first.
		if err := rdb.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
			c.t.Fatalf("redistest: CLUSTER SET-CONFIG-EPOCH: %v", err)
		}
		if err := rdb.ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(c.Nodes[0].port)).Err(); err != nil && i > 0 {
			c.t.Fatalf("redistest: CLUSTER MEET: %v", err)
		}
	}
	c.WaitServing()
}

// WaitServing waits until every node serves and knows all masters, as it does some seconds after a
// restart.
func (c *Cluster) WaitServing() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), joinTimeout)
	defer cancel()
	for _, n := range c.Nodes {
		n.until(ctx, "the cluster serves", func(rdb *redis.Client) error {
			info, err := rdb.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			// The size is how many masters with slots the node knows.
			fields := infoFields(info)
			if fields["cluster_state"] != "ok" || fields["cluster_size"] != fmt.Sprint(masters) {
				return fmt.Errorf("%s says %v", n.Addr(), fields)
			}
			return nil
		})
	}
}

// until polls until check is content.
func (s *Server) until(ctx context.Context, what string, check func(*redis.Client) error) {
	s.t.Helper()
	rdb := s.Client()
	tick := time.NewTicker(10 * pollEvery)
	defer tick.Stop()
	for {
		err := check(rdb)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("redistest: %s: not in time: %v", what, err)
		}
	}
}

// URL returns the addresses of all nodes as one text, separated by commas.
func (c *Cluster) URL() string {
	var addrs []string
	for _, n := range c.Nodes {
		addrs = append(addrs, n.Addr())
	}
	return "redis://" + strings.Join(addrs, ",")
}

// Client returns a new client that is closed when the test ends. It learns within a second of what
// has changed.
func (c *Cluster) Client() *redis.ClusterClient { return c.client(c.t) }

// Empty returns a client of the cluster with nothing in it, for one of many tests that share it: they
// take turns, each until it ends.
func (c *Cluster) Empty(t testing.TB) *redis.ClusterClient {
	t.Helper()
	c.busy.Lock()
	t.Cleanup(c.busy.Unlock)
	rdb := c.client(t)
	err := rdb.ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
		return node.FlushAll(ctx).Err()
	})
	if err != nil {
		t.Fatalf("Cluster.Empty: FLUSHALL: %v", err)
	}
	return rdb
}

func (c *Cluster) client(t testing.TB) *redis.ClusterClient {
	var addrs []string
	for _, n := range c.Nodes {
		addrs = append(addrs, n.Addr())
	}
	rdb := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: addrs, ContextTimeoutEnabled: true, DialerRetries: 1, ClusterStateReloadInterval: time.Second,
	})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// NodeOf returns the node that serves a key.
func (c *Cluster) NodeOf(key string) *Server {
	c.t.Helper()
	rdb := c.Client()
	node, err := rdb.MasterForKey(c.t.Context(), key)
	if err != nil {
		c.t.Fatalf("Cluster.NodeOf(%q): %v", key, err)
	}
	for _, n := range c.Nodes {
		if n.Addr() == node.Options().Addr {
			return n
		}
	}
	c.t.Fatalf("Cluster.NodeOf(%q): %s is not one of its nodes", key, node.Options().Addr)
	return nil
}
