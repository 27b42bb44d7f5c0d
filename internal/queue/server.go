package queue

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// CheckServer looks whether the Redis behind rdb can be trusted with jobs and returns what speaks
// against it, as sentences for people; none when all is well. What a managed server does not let us
// ask is not held against it. The error means that the server did not answer.
func CheckServer(ctx context.Context, rdb redis.UniversalClient) ([]string, error) {
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
