package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/omniflow/omniflow/internal/tenant"
)

// RedisMode is the kind of Redis deployment.
type RedisMode string

// The kinds of Redis deployments, after the scheme and the number of addresses of redis.url.
const (
	RedisSingle   RedisMode = "single"   // redis:// or rediss:// with one address
	RedisCluster  RedisMode = "cluster"  // several addresses
	RedisSentinel RedisMode = "sentinel" // redis-sentinel://
	RedisEmbedded RedisMode = "embedded" // embedded://: in-process, lost at exit
)

// Redis is where the queue and the ledger live.
type Redis struct {
	Mode RedisMode
	// Addrs are host:port pairs: of the server, of cluster nodes, or of sentinels.
	Addrs []string
	// Master is the name of the master that the sentinels watch.
	Master string
	DB     int
	// Username and Password are for the Redis servers; the sentinels are asked without.
	Username string
	Password tenant.Secret
	TLS      bool
	// Strict refuses to start on an evicting or non-persistent Redis.
	Strict bool
}

// String renders the address as a URL with the password redacted.
func (r Redis) String() string {
	scheme, tail := "redis", fmt.Sprintf("/%d", r.DB)
	switch r.Mode {
	case RedisEmbedded:
		return "embedded://"
	case RedisSentinel:
		scheme, tail = "redis-sentinel", "/"+r.Master+tail
	case RedisCluster:
		tail = ""
	case RedisSingle:
	}
	if r.TLS {
		scheme = "rediss"
	}
	credential := r.Username
	if r.Password != "" {
		credential += ":" + r.Password.String()
	}
	if credential != "" {
		credential += "@"
	}
	return scheme + "://" + credential + strings.Join(r.Addrs, ",") + tail
}

func (d *decoder) redis(section redisSection) Redis {
	t := section.URL
	if t.path == "" || t.bad {
		if !d.isBad("redis.url") {
			d.fail("redis.url", "required")
		}
		return Redis{}
	}
	parsed, err := parseRedis(strings.TrimSpace(t.s))
	if err != nil {
		d.fail(t.path, "%s", err.Error())
	}
	parsed.Strict = section.Strict
	return parsed
}

var errRedisForm = errors.New("must be redis://host:port/db, rediss://…, several addresses " +
	"separated by commas, redis-sentinel://host:port,…/master/db or embedded://")

// parseRedis reads redis.url. Its errors never show a part of it: it may hold a password.
func parseRedis(raw string) (Redis, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return Redis{}, errRedisForm
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "embedded":
		if rest != "" {
			return Redis{}, errors.New("embedded:// takes no address")
		}
		return Redis{Mode: RedisEmbedded}, nil
	case "redis":
		return parseServers(rest, scheme, Redis{Mode: RedisSingle})
	case "rediss":
		return parseServers(rest, scheme, Redis{Mode: RedisSingle, TLS: true})
	case "redis-sentinel":
		return parseServers(rest, scheme, Redis{Mode: RedisSentinel})
	}
	return Redis{}, errRedisForm
}

// parseServers reads [user[:password]@]host[:port][,host[:port]…][/path]. Each further address may
// repeat the scheme and the credential.
func parseServers(rest, scheme string, r Redis) (Redis, error) {
	port := "6379"
	if r.Mode == RedisSentinel {
		port = "26379"
	}
	var path string
	for i, part := range strings.Split(rest, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), scheme+"://")
		u, err := parseServer(part)
		if err != nil {
			return Redis{}, err
		}
		if err := r.credential(u.User, i == 0); err != nil {
			return Redis{}, err
		}
		if path != "" {
			return Redis{}, errors.New("only the last address may be followed by a path")
		}
		path = strings.Trim(u.Path, "/")
		addr := net.JoinHostPort(u.Hostname(), orElse(u.Port(), port))
		if slices.Contains(r.Addrs, addr) {
			return Redis{}, errors.New("names one address twice")
		}
		r.Addrs = append(r.Addrs, addr)
	}
	return r.selectPath(path)
}

// parseServer reads one address with what stands around it.
func parseServer(part string) (*url.URL, error) {
	if strings.Contains(part, "://") {
		return nil, errors.New("gives different schemes for its addresses")
	}
	u, err := url.Parse("redis://" + part)
	if err != nil {
		return nil, errors.New("holds an address that cannot be read; " +
			"special characters in a password must be percent-encoded")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return nil, errors.New("takes no options after ? or #; " +
			"these characters must be percent-encoded in a password")
	}
	if u.Hostname() == "" {
		return nil, errors.New("holds an address without a host")
	}
	if p := u.Port(); p != "" && !isPort(p, 1) {
		return nil, errors.New("holds a port that is not between 1 and 65535")
	}
	return u, nil
}

// credential takes the credential of the first address; the others may repeat it.
func (r *Redis) credential(user *url.Userinfo, first bool) error {
	password, _ := user.Password()
	if first {
		r.Username, r.Password = user.Username(), tenant.Secret(password)
		return nil
	}
	if user != nil && (user.Username() != r.Username || !r.Password.Equal(password)) {
		return errors.New("gives different credentials for its addresses")
	}
	return nil
}

// selectPath applies /db or /master/db and settles the mode.
func (r Redis) selectPath(path string) (Redis, error) {
	db := path
	if r.Mode == RedisSentinel {
		r.Master, db, _ = strings.Cut(path, "/")
		if r.Master == "" {
			return Redis{}, errors.New("redis-sentinel:// needs the name of the master: " +
				"redis-sentinel://host:port,…/master/db")
		}
	}
	if r.Mode == RedisSingle && len(r.Addrs) > 1 {
		r.Mode = RedisCluster
	}
	n, err := strconv.ParseUint(orElse(db, "0"), 10, 15)
	if err != nil {
		return Redis{}, errors.New("must end in the number of a database")
	}
	if r.Mode == RedisCluster && n != 0 {
		return Redis{}, errors.New("a cluster has no database other than 0")
	}
	r.DB = int(n)
	return r, nil
}

func isPort(s string, least uint64) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n >= least
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
