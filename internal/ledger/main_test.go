package ledger_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Whatever still runs when the tests are over was not stopped.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
