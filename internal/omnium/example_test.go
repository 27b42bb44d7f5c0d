package omnium_test

import (
	"fmt"

	"github.com/omniflow/omniflow/internal/omnium"
)

func ExampleParseWebhook() {
	notices, err := omnium.ParseWebhook([]byte(`[
		{"id": "e-1", "operationId": 510102, "className": "Product", "objectId": "ff-1041_no,ff-2070_no"},
		{"id": "e-2", "operationId": 310100, "className": "Order", "objectId": "NO-300512"}
	]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range notices {
		fmt.Printf("%s %q %q %v\n", n.Event.ID, n.Ignored, n.Event.Resource, n.Event.Objects)
	}
	// Output:
	// e-1 "" "product" [ff-1041_no ff-2070_no]
	// e-2 "order" "" []
}
