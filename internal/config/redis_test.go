package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/config"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url  string
		want config.Redis
		text string
	}{
		{
			"redis://127.0.0.1",
			config.Redis{Mode: config.RedisSingle, Addrs: []string{"127.0.0.1:6379"}},
			"redis://127.0.0.1:6379/0",
		},
		{
			"rediss://app:p%2Cw%40d@cache.test:6380/3",
			config.Redis{
				Mode: config.RedisSingle, Addrs: []string{"cache.test:6380"}, DB: 3,
				Username: "app", Password: "p,w@d", TLS: true,
			},
			"rediss://app:[redacted]@cache.test:6380/3",
		},
		{
			"redis://[::1]:7000/",
			config.Redis{Mode: config.RedisSingle, Addrs: []string{"[::1]:7000"}},
			"redis://[::1]:7000/0",
		},
		{
			"redis://:pw@a:7000,b:7001, c",
			config.Redis{
				Mode: config.RedisCluster, Addrs: []string{"a:7000", "b:7001", "c:6379"},
				Password: "pw",
			},
			"redis://:[redacted]@a:7000,b:7001,c:6379",
		},
		{
			"rediss://u:pw@a,rediss://u:pw@b/0",
			config.Redis{
				Mode: config.RedisCluster, Addrs: []string{"a:6379", "b:6379"}, Username: "u",
				Password: "pw", TLS: true,
			},
			"rediss://u:[redacted]@a:6379,b:6379",
		},
		{
			"redis-sentinel://u:pw@h1:26379,h2/main/4",
			config.Redis{
				Mode: config.RedisSentinel, Addrs: []string{"h1:26379", "h2:26379"},
				Master: "main", DB: 4, Username: "u", Password: "pw",
			},
			"redis-sentinel://u:[redacted]@h1:26379,h2:26379/main/4",
		},
		{
			"redis-sentinel://h1/main",
			config.Redis{
				Mode: config.RedisSentinel, Addrs: []string{"h1:26379"}, Master: "main",
			},
			"redis-sentinel://h1:26379/main/0",
		},
		{"EMBEDDED://", config.Redis{Mode: config.RedisEmbedded}, "embedded://"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			got := parse(t, `redis: { strict: true, url: "`+tt.url+`" }`).Redis
			tt.want.Strict = true
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Redis differs (-want +got):\n%s", diff)
			}
			if got.String() != tt.text {
				t.Errorf("Redis.String() = %q, want %q", got, tt.text)
			}
		})
	}
}

func TestRedisRefusals(t *testing.T) {
	t.Parallel()
	const form = "must be redis://host:port/db, rediss://…, several addresses separated by commas, " +
		"redis-sentinel://host:port,…/master/db or embedded://"
	const unreadable = "holds an address that cannot be read; " +
		"special characters in a password must be percent-encoded"
	const options = "takes no options after ? or #; " +
		"these characters must be percent-encoded in a password"
	const master = "redis-sentinel:// needs the name of the master: redis-sentinel://host:port,…/master/db"
	tests := map[string]string{
		"":                              form,
		"localhost:6379":                form,
		"http://a":                      form,
		"embedded://a":                  "embedded:// takes no address",
		"redis://":                      "holds an address without a host",
		"redis://a,":                    "holds an address without a host",
		"redis://a:b":                   unreadable,
		"redis://:pw,d@a":               unreadable,
		"redis://a,rediss://b":          "gives different schemes for its addresses",
		"redis://a:70000":               "holds a port that is not between 1 and 65535",
		"redis://a:0":                   "holds a port that is not between 1 and 65535",
		"redis://a/x":                   "must end in the number of a database",
		"redis://a/0?dial_timeout=1":    options,
		"redis://a/0#x":                 options,
		"redis://:p#d@a":                unreadable,
		"redis://a/1,b":                 "only the last address may be followed by a path",
		"redis://a,b/1":                 "a cluster has no database other than 0",
		"redis://a,a:6379":              "names one address twice",
		"redis://:x@a,:y@b":             "gives different credentials for its addresses",
		"redis-sentinel://a":            master,
		"redis-sentinel://a/main/first": "must end in the number of a database",
	}
	var refusals []refusal
	for url, want := range tests {
		refusals = append(refusals, refusal{
			url, `redis: { url: "` + url + `" }`, []string{"10: redis.url: " + want},
		})
	}
	refusals = append(refusals, refusal{
		"absent", "redis: { strict: true }", []string{"10: redis.url: required"},
	})
	testRefusals(t, refusals)
}
