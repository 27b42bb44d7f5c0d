package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSectionRules(t *testing.T) {
	t.Parallel()
	const visible = "must be visible ASCII characters without white space, at least one"
	const baseURL = "must be an absolute http or https URL without user, query and fragment"
	testRefusals(t, []refusal{
		{"listen without port", "server: { listen: localhost }", []string{
			"10: server.listen: must be host:port or :port",
		}},
		{"listen beyond ports", "server: { listen: \":65536\" }", []string{
			"10: server.listen: must be host:port or :port",
		}},
		{"server bounds", "server:\n  maxBodyBytes: 1023\n  shutdownGrace: 999ms", []string{
			"11: server.maxBodyBytes: must be at least 1024",
			"12: server.shutdownGrace: must be at least 1s",
		}},
		{"body too large", "server: { maxBodyBytes: 67108865 }", []string{
			"10: server.maxBodyBytes: must be at most 67108864",
		}},
		{
			"admin tokens",
			"server:\n  adminTokens:\n" +
				"    - { name: a, role: admin, token: 123456789012345 }\n" +
				"    - { name: b, role: viewer, token: 1234567890123456 }\n" +
				"    - { name: b, role: viewer, token: 1234567890123456 }\n" +
				"    - { token: \"1234567890 123456\" }",
			[]string{
				"12: server.adminTokens[0].role: must be one of operator, viewer",
				"12: server.adminTokens[0].token: must have at least 16 characters",
				"14: server.adminTokens[2].name: is already the name of server.adminTokens[1] (line 13)",
				"14: server.adminTokens[2].token: is already the token of server.adminTokens[1] (line 13)",
				"15: server.adminTokens[3].name: required",
				"15: server.adminTokens[3].role: required",
				"15: server.adminTokens[3].token: " + visible,
			},
		},
		{"no credential", "webhook: { bearer: [] }", []string{
			"10: webhook: needs at least one credential under bearer, basic or headers, " +
				"or allowAnonymous: true",
		}},
		{
			"wrong credentials",
			"webhook:\n  bearer: [\"a b\"]\n  basic: [{ username: \"a:b\" }]\n" +
				"  headers: [{ name: \"X Key\", value: \" a\" }, { name: X }]",
			[]string{
				"11: webhook.bearer[0]: " + visible,
				"12: webhook.basic[0].password: required",
				"12: webhook.basic[0].username: must not contain :",
				"13: webhook.headers[0].name: must be the name of an HTTP header",
				"13: webhook.headers[0].value: " +
					"must be printable ASCII that neither begins nor ends with a space",
				"13: webhook.headers[1].value: required",
			},
		},
		{
			"omnium",
			"omnium:\n  clientId: \"\"\n  productLanguage: \"\"\n  maxConcurrent: 0\n" +
				"  requestsPerSecond: 0\n  ignoreUserIds: [\"\"]",
			[]string{
				"10: omnium.baseUrl: required",
				"10: omnium.clientSecret: required",
				"11: omnium.clientId: required",
				"12: omnium.productLanguage: required",
				"13: omnium.maxConcurrent: must be at least 1",
				"14: omnium.requestsPerSecond: must be greater than 0",
				"15: omnium.ignoreUserIds[0]: required",
			},
		},
		{"relative URL", "flow: { baseUrl: /v2 }", []string{"10: flow.baseUrl: " + baseURL}},
		{"URL of another scheme", "flow: { baseUrl: \"ftp://a\" }", []string{"10: flow.baseUrl: " + baseURL}},
		{"URL with user", "flow: { baseUrl: \"https://u:p@a\" }", []string{"10: flow.baseUrl: " + baseURL}},
		{"URL with query", "flow: { baseUrl: \"https://a?b\" }", []string{"10: flow.baseUrl: " + baseURL}},
		{"URL with a wrong port", "flow: { baseUrl: \"https://a:0\" }", []string{"10: flow.baseUrl: " + baseURL}},
		{
			"flow bounds",
			"flow:\n  requestsPerSecond: .nan\n  burst: 0\n  concurrency: 0\n  timeout: 1ms\n  breaker:\n" +
				"    consecutiveFailures: 0\n    openFor: 0\n    halfOpenRequests: 0",
			[]string{
				"11: flow.requestsPerSecond: must be a number",
				"12: flow.burst: must be at least 1",
				"13: flow.concurrency: must be at least 1",
				"14: flow.timeout: must be at least 100ms",
				"16: flow.breaker.consecutiveFailures: must be at least 1",
				"17: flow.breaker.openFor: must be at least 100ms",
				"18: flow.breaker.halfOpenRequests: must be at least 1",
			},
		},
		{"rate that is no number", "flow: { requestsPerSecond: NaN }", []string{
			"10: flow.requestsPerSecond: must be greater than 0",
		}},
		{"rate without end", "flow: { requestsPerSecond: Inf }", []string{
			"10: flow.requestsPerSecond: must be at most 1000000",
		}},
		{
			"queue bounds",
			"queue:\n  dedupeWindow: 59s\n  coalesce: -1s\n  lease: 999ms\n  maxAttempts: 0\n" +
				"  backoff: { min: 2s, max: 1s }\n  deadLetterRetention: 1s",
			[]string{
				"11: queue.dedupeWindow: must be at least 1m0s",
				"12: queue.coalesce: must be at least 0s",
				"13: queue.lease: must be at least 1s",
				"14: queue.maxAttempts: must be at least 1",
				"15: queue.backoff.min: must not exceed max",
				"16: queue.deadLetterRetention: must be at least 1m0s",
			},
		},
		{"unreadable backoff.max is not compared", "queue: { backoff: { min: 1h, max: x } }", []string{
			"10: queue.backoff.max: must be a duration such as 15s, 10m or 1h30m",
		}},
		{"catchup bounds", "catchup:\n  overlap: -1s\n  intervals: { stores: 0s }", []string{
			"11: catchup.overlap: must be at least 0s",
			"12: catchup.intervals.stores: must be at least 1s",
		}},
		{"log", "log: { level: loud, format: text }", []string{
			"10: log.format: must be one of json, console",
			"10: log.level: must be one of trace, debug, info, warn, error",
		}},
	})
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	c := parse(t, `flow: { baseUrl: "https://flow.test/v2/", routes: {
  a.b: "PUT /tenants/{tenantUid}/x-y/{a}.{b}:set", c: GET /c } }`)
	want := map[string]string{"a.b": "PUT /tenants/{tenantUid}/x-y/{a}.{b}:set", "c": "GET /c"}
	if diff := cmp.Diff(want, c.Flow.Routes); diff != "" {
		t.Errorf("Flow.Routes differs (-want +got):\n%s", diff)
	}
	if got, want := c.Flow.BaseURL, "https://flow.test/v2"; got != want {
		t.Errorf("Flow.BaseURL = %q, want %q", got, want)
	}
	const form = "must be a method and a path below the base URL, " +
		`as in "PUT /tenants/{tenantUid}/products/{productUid}"`
	const segment = "has a path segment that is neither plain text nor a {parameter}"
	testRefusals(t, []refusal{{
		"routes", `flow:
  routes:
    a: /only/path
    b: FETCH /x
    c: GET x
    d: GET /x//y
    e: GET /x/
    f: GET /x/{}
    g: GET /x/{a
    h: GET /../x
    i: GET /x?y=1
    j: GET /{a}/{a}
    k: [GET /x]
    l: "GET  /x"
`, []string{
			"12: flow.routes.a: " + form,
			"13: flow.routes.b: " + form,
			"14: flow.routes.c: " + form,
			"15: flow.routes.d: " + form,
			"16: flow.routes.e: " + form,
			"17: flow.routes.f: " + segment,
			"18: flow.routes.g: " + segment,
			"19: flow.routes.h: " + segment,
			"20: flow.routes.i: " + segment,
			"21: flow.routes.j: names one {parameter} twice",
			"22: flow.routes.k: must be a single value, not a list",
			"23: flow.routes.l: " + form,
		},
	}})
}
