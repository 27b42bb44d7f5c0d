package omniumtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestStoreSearch holds what a search of stores shows and refuses.
func TestStoreSearch(t *testing.T) {
	t.Parallel()
	s := omniumtest.New()
	s.SetStores([]omnium.Store{{ID: "101"}, {ID: "102", IsInactive: true}, {ID: "103"}})
	c := newCaller(t, s)
	for body, want := range map[string]string{
		`{}`: "200 101 103", `{"includeInactive":true}`: "200 101 102 103", `{"take":1,"page":1}`: "200 103",
		`{"storeIds":["101","102"]}`: "200 101", `{"storeIds":["7"]}`: "200",
		`{"take":101}`: "400", `{"isActive":true}`: "400", `[]`: "400",
	} {
		status, answer := c.send(t, "POST", "/api/Stores/SearchStores", body)
		got := []string{fmt.Sprint(status)}
		var page struct{ Result []omnium.Store }
		if status == 200 && json.Unmarshal([]byte(answer), &page) != nil {
			t.Fatalf("SearchStores %s = %s, want a page", body, answer)
		}
		for _, hit := range page.Result {
			got = append(got, hit.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("SearchStores %s = %q, want %q", body, strings.Join(got, " "), want)
		}
	}
	c.wantStatus(t, "GET", "/api/Stores/102", "", 200)
	c.wantStatus(t, "GET", "/api/Stores/7", "", 404)
}
