package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// ErrClusterNode means that a client for a single server talks to a node of a cluster, which refuses
// most keys.
var ErrClusterNode = errors.New("queue: the server is a node of a cluster")

// CheckServer looks whether the Redis behind rdb can be trusted with jobs and returns what speaks
// against it, as sentences for people; none when all is well. Of a cluster it asks every master. What
// a managed server does not let us ask is not held against it. The error is ErrClusterNode, or means
// that a server did not answer.
func CheckServer(ctx context.Context, rdb redis.UniversalClient) ([]string, error) {
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return checkSingle(ctx, rdb)
	}
	var mu sync.Mutex
	var against []string
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		found, err := checkMaster(ctx, master)
		mu.Lock()
		defer mu.Unlock()
		for _, sentence := range found {
			against = append(against, master.Options().Addr+": "+sentence)
		}
		return err
	})
	slices.Sort(against)
	return against, err
}

func checkSingle(ctx context.Context, rdb redis.Cmdable) ([]string, error) {
	against, err := checkMaster(ctx, rdb)
	if err != nil {
		return nil, err
	}
	info, err := rdb.Info(ctx, "cluster").Result()
	if err == nil && strings.Contains(info, "cluster_enabled:1") {
		return nil, ErrClusterNode
	}
	return against, nil
}

func checkMaster(ctx context.Context, rdb redis.Cmdable) ([]string, error) {
	if err := rdb.Ping(ctx).Err(); err != nil {
		return nil, fmt.Errorf("ping: %w", err)
	}
	var against []string
	policy, err := rdb.ConfigGet(ctx, "maxmemory-policy").Result()
	if p := policy["maxmemory-policy"]; err == nil && p != "" && p != "noeviction" {
		against = append(against, fmt.Sprintf(
			"maxmemory-policy is %s: a full Redis would drop jobs; set it to noeviction", p))
	}
	aof, errAOF := rdb.ConfigGet(ctx, "appendonly").Result()
	save, errSave := rdb.ConfigGet(ctx, "save").Result()
	if errAOF == nil && errSave == nil && aof["appendonly"] == "no" {
		kept := "jobs since the last snapshot are lost when it stops"
		if strings.TrimSpace(save["save"]) == "" {
			kept = "all jobs are lost when it stops"
		}
		against = append(against, "appendonly is no: "+kept+"; set appendonly yes")
	}
	return against, nil
}
