package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// epochOf answers the tenant's epoch, kept in KEYS[2], which grows whenever another server process answers than
// before. That is how a server shows that it may have forgotten what it acknowledged last: it has come back,
// after a power loss too, or taken over from one that it had not caught up with. Each print is saved with the
// epoch, and read together with it, so that nobody trusts what a server says before that server was noticed to be
// another one. Of a server that does not let us ask nothing is noticed.
const epochOf = `
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
local known = redis.call('HMGET', KEYS[2], 'run', 'epoch')
local epoch = tonumber(known[2]) or 0
local another = run and run ~= known[1]
if another then epoch = epoch + 1 end
`

// readPrints answers the epoch, then the fields of KEYS[1] named by ARGV.
var readPrints = redis.NewScript(epochOf + `
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
table.insert(values, 1, epoch)
return values
`)

// writePrints puts ARGV, fields and values in turn, into KEYS[1], each value after the epoch and a blank.
var writePrints = redis.NewScript(epochOf + `
for i = 2, #ARGV, 2 do ARGV[i] = epoch .. ' ' .. ARGV[i] end
if another then redis.call('HSET', KEYS[2], 'run', run, 'epoch', epoch) end
return redis.call('HSET', KEYS[1], unpack(ARGV))
`)

// maxPrints is how many prints one script takes: Lua unpacks no more than some thousand values.
const maxPrints = 1000

func printKeys(t tenant.ID, kind string) []string {
	return []string{key(t, "print", kind), key(t, "epoch", "print")}
}

// readEpoch returns the tenant's epoch and the values of uids, in order; nil for those that do not exist.
func (l *Ledger) readEpoch(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (string, []any, error) {
	args := make([]any, len(uids))
	for i, uid := range uids {
		args[i] = uid
	}
	answer, err := readPrints.Run(ctx, l.rdb, printKeys(t, kind), args...).Slice()
	if err == nil && len(answer) != len(uids)+1 {
		err = fmt.Errorf("%d values for %d fields", len(answer), len(uids))
	}
	if err != nil {
		return "", nil, err
	}
	epoch, _ := answer[0].(int64)
	return strconv.FormatInt(epoch, 10), answer[1:], nil
}

// cutEpoch takes apart what writePrints has put together. What has no epoch has the one of no server.
func cutEpoch(value string) (epoch, text string) {
	if strings.HasPrefix(value, "{") {
		return "", value
	}
	epoch, text, _ = strings.Cut(value, " ")
	return epoch, text
}
