package ledger

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// readPrints answers the tenant's epoch, then the fields of KEYS[1] named by ARGV. The epoch, kept in
// KEYS[2], grows whenever another server process answers than before, which is how a server shows that it
// may have forgotten what it acknowledged last: it has come back, after a power loss too, or taken over from
// one that it had not caught up with. Both are read in one step, so that no process trusts what a server
// says before that server was noticed to be another one. A server that does not let us ask, or that is too
// full to note the answer, is one that nothing is noticed of, or one that is noticed every time.
var readPrints = redis.NewScript(`
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
local known = redis.call('HMGET', KEYS[2], 'run', 'epoch')
local epoch = tonumber(known[2]) or 0
if run and run ~= known[1] then
  epoch = epoch + 1
  redis.pcall('HSET', KEYS[2], 'run', run, 'epoch', epoch)
end
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
table.insert(values, 1, epoch)
return values
`)

// maxPrints is how many fingerprints one script reads: Lua unpacks no more than some thousand values.
const maxPrints = 1000

// readEpoch returns the tenant's epoch and the values of uids, in order; nil for those that do not exist.
func (l *Ledger) readEpoch(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (int64, []any, error) {
	args := make([]any, len(uids))
	for i, uid := range uids {
		args[i] = uid
	}
	keys := []string{key(t, "print", kind), key(t, "epoch", "print")}
	answer, err := readPrints.Run(ctx, l.rdb, keys, args...).Slice()
	if err != nil {
		return 0, nil, err
	}
	epoch, ok := answer[0].(int64)
	if !ok || len(answer) != len(uids)+1 {
		return 0, nil, fmt.Errorf("unexpected answer of %d values", len(answer))
	}
	l.epochs.Store(t, epoch)
	return epoch, answer[1:], nil
}

// epoch is the tenant's as this process has seen it last; 0, which is none, before it has. A process that is
// behind marks what it saves as doubtful, which costs a write.
func (l *Ledger) epoch(t tenant.ID) int64 {
	seen, _ := l.epochs.Load(t)
	epoch, _ := seen.(int64)
	return epoch
}
