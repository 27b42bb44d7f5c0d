package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Print is the memory of what was pushed under one Flow uid.
type Print struct {
	// Body is the fingerprint of the last body that Flow accepted, or the caller's mark for one of
	// which that is not known; empty when none was sent.
	Body string `json:"b,omitempty"`
	// There says that Flow has accepted a body, whatever became of later ones.
	There bool `json:"h,omitempty"`
	// Absent says that Omnium did not have what somebody waits for. It counts until There does.
	Absent bool `json:"a,omitempty"`
	// Of is the object that a row of a list was sent for.
	Of string `json:"o,omitempty"`
	// Fields says which optional fields Flow was given and not told to clear since; the bits are the
	// writer's.
	Fields uint32 `json:"f,omitempty"`
	// Discontinued says that a body took the object off sale, and that none put it back since.
	Discontinued bool `json:"d,omitempty"`
	// Media are the uids of the images that were posted.
	Media []string `json:"m,omitempty"`
	// Links are the uids of the siblings that were linked.
	Links []string `json:"l,omitempty"`
	// Texts maps property uids to fingerprints of their texts, or to the caller's marks.
	Texts map[string]string `json:"t,omitempty"`
	// Parts maps the uids of what was pushed below the object, such as the lines of an order, to
	// fingerprints, or to the caller's marks.
	Parts map[string]string `json:"p,omitempty"`
	// Doubtful, which Prints sets and nobody saves, says that Redis may have forgotten what was pushed after
	// this: another server process answers than when it was saved.
	Doubtful bool `json:"-"`
}

// Fingerprint shortens a body to 16 characters that differ when its JSON does.
func Fingerprint(body any) (string, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:12]), nil
}

// Prints returns what is known of uids; unknown ones are absent.
func (l *Ledger) Prints(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]Print, error) {
	prints := make(map[string]Print, len(uids))
	for some := range slices.Chunk(uids, maxPrints) {
		epoch, values, err := l.readEpoch(ctx, t, kind, some)
		if err != nil {
			return nil, fmt.Errorf("read fingerprints: %w", err)
		}
		for i, v := range values {
			value, _ := v.(string)
			saved, text := cutEpoch(value)
			var p Print
			if json.Unmarshal([]byte(text), &p) != nil {
				continue // unreadable is unknown: the object is pushed again
			}
			p.Doubtful = saved != epoch
			prints[some[i]] = p
		}
	}
	return prints, nil
}

// SavePrints records what was pushed under uids. Without any it does nothing. Of more than a thousand some may
// be recorded when it fails.
func (l *Ledger) SavePrints(
	ctx context.Context, t tenant.ID, kind string, prints map[string]Print,
) error {
	fields := make([]any, 0, 2*len(prints))
	for uid, p := range prints {
		raw, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("encode fingerprint: %w", err)
		}
		fields = append(fields, uid, raw)
	}
	for some := range slices.Chunk(fields, 2*maxPrints) {
		if err := writePrints.Run(ctx, l.rdb, printKeys(t, kind), some...).Err(); err != nil {
			return fmt.Errorf("save fingerprints: %w", err)
		}
	}
	return nil
}

// MarkAbsent records that what shall be under a uid does not exist, unless anything is known of the uid.
func (l *Ledger) MarkAbsent(ctx context.Context, t tenant.ID, kind, uid string) error {
	raw, err := json.Marshal(Print{Absent: true})
	if err != nil {
		return fmt.Errorf("encode fingerprint: %w", err)
	}
	if err := l.rdb.HSetNX(ctx, key(t, "print", kind), uid, raw).Err(); err != nil {
		return fmt.Errorf("mark absent %s: %w", kind, err)
	}
	return nil
}
