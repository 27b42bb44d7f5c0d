package config_test

import (
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/config"
)

func TestSyntax(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"not YAML", "redis:\n  url: [\n", "f.yaml:3: not valid YAML: did not find expected node content"},
		{
			"credential that looks like an alias", "redis:\n  url: x\nomnium:\n  clientSecret: *hidden\n",
			"f.yaml:4: not valid YAML: unknown anchor; a value that begins with * must be quoted",
		},
		{"two documents", "log:\n---\nlog:\n", "f.yaml:2: the file must hold a single YAML document"},
		{"list", "- a\n", "f.yaml:1: must be a mapping of keys to values, not a list"},
		{"scalar", "a\n", "f.yaml:1: must be a mapping of keys to values, not a single value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f.yaml", []byte(tt.raw), environment)
			if err == nil || err.Error() != tt.want {
				t.Errorf("Parse(%q) = %v, want %s", tt.raw, err, tt.want)
			}
		})
	}
}

func TestKeysAndTypes(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{"unknown section", "serverr: {}", []string{"10: serverr: unknown key (did you mean server?)"}},
		{
			"unknown key far from any", "server:\n  completely: 1",
			[]string{"11: server.completely: unknown key"},
		},
		{
			"unknown keys in lists and in flow style",
			"markets:\n  - market: NOR\n    acessToken: x\n  - { markt: SWE }",
			[]string{
				"12: markets[0].acessToken: unknown key (did you mean accessToken?)",
				"13: markets[1].market: required",
				"13: markets[1].markt: unknown key (did you mean market?)",
			},
		},
		{
			"merge key", "log: &l { level: info }\ntracing:\n  <<: *l",
			[]string{"12: tracing.<<: unknown key"},
		},
		{
			"unprintable key", "log: { \"a\\nb\": 1 }",
			[]string{`10: log."a\nb": unknown key`},
		},
		{
			"duplicate keys", "log:\n  level: info\n  level: debug\nlog: {}",
			[]string{
				"12: log.level: duplicate key, first given at line 11",
				"13: log: duplicate key, first given at line 10",
			},
		},
		{"key that is a list", "log: { ? [a] : b }", []string{"10: log: a key must be plain text, not a list"}},
		{"list for a section", "log: [a]", []string{
			"10: log: must be a mapping of keys to values, not a list",
		}},
		{"section for a list", "server: { adminTokens: { name: a } }", []string{
			"10: server.adminTokens: must be a list, not a mapping",
		}},
		{"list for text", "server:\n  listen: [a]", []string{
			"11: server.listen: must be a single value, not a list",
		}},
		{"nothing for text", "server:\n  listen:", []string{"11: server.listen: has no value"}},
		{
			"wrong scalars",
			"flow:\n  burst: many\n  concurrency: \"8\"\n  timeout: 15\n  requestsPerSecond: fast\n" +
				"redis: { url: \"embedded://\", strict: yes }",
			[]string{
				"11: flow.burst: must be a whole number",
				"12: flow.concurrency: must be a whole number, not quoted text",
				"13: flow.timeout: must be a duration such as 15s, 10m or 1h30m",
				"14: flow.requestsPerSecond: must be a number",
				"15: redis.strict: must be true or false",
			},
		},
		{"fraction for a count", "flow: { breaker: { consecutiveFailures: 1.5 } }", []string{
			"10: flow.breaker.consecutiveFailures: must be a whole number",
		}},
		{"negative count", "flow: { breaker: { halfOpenRequests: -1 } }", []string{
			"10: flow.breaker.halfOpenRequests: must be a whole number",
		}},
		{"section is text: no errors about what it lacks", "redis: here\nomnium: there", []string{
			"10: redis: must be a mapping of keys to values, not a single value",
			"11: omnium: must be a mapping of keys to values, not a single value",
		}},
		{"markets is text", "markets: NOR", []string{"10: markets: must be a list, not a single value"}},
		{
			"connector is text", "connector: flow",
			[]string{"10: connector: must be a mapping of keys to values, not a single value"},
		},
	})
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	c := parse(t, `flow: # ${COMMENT}
  burst: "${NUMBER}"
  concurrency: ${NUMBER}
server: { adminTokens: [{ name: "a-${NUMBER}${EMPTY}-$x-}", role: viewer, token: "${OMNIFLOW_ADMIN_TOKEN}" }] }
`)
	if c.Flow.Burst != 42 || c.Flow.Concurrency != 42 {
		t.Errorf("Flow.Burst, Flow.Concurrency = %d, %d, want 42, 42", c.Flow.Burst, c.Flow.Concurrency)
	}
	if got, want := c.Server.AdminTokens[0].Name, "a-42-$x-}"; got != want {
		t.Errorf("AdminTokens[0].Name = %q, want %q", got, want)
	}
	testRefusals(t, []refusal{
		{
			"unset", "omnium:\n  baseUrl: https://o.test\n  clientId: ${ONE}-${TWO}\n  clientSecret: ${THREE}",
			[]string{
				"12: omnium.clientId: environment variable ONE is not set",
				"12: omnium.clientId: environment variable TWO is not set",
				"13: omnium.clientSecret: environment variable THREE is not set",
			},
		},
		{
			"unset in connector and markets causes nothing else",
			"connector:\n  accessToken: ${ONE}\n  implementations: [\"${TWO}\"]\n  properties:\n" +
				"    DefaultTenantUid: ${THREE}\n    MainPricesListUid: a\n    DefaultVatCodeUid: b\n" +
				"    OrganizationUid: c\n    UseMarketGroupFlowTenants: ${FOUR}\n" +
				"markets: [{ market: \"${FIVE}\" }]",
			[]string{
				"11: connector.accessToken: environment variable ONE is not set",
				"12: connector.implementations[0]: environment variable TWO is not set",
				"14: connector.properties.DefaultTenantUid: environment variable THREE is not set",
				"18: connector.properties.UseMarketGroupFlowTenants: environment variable FOUR is not set",
				"19: markets[0].market: environment variable FIVE is not set",
			},
		},
		{"set but empty", "webhook: { bearer: [\"${EMPTY}\"] }", []string{"10: webhook.bearer[0]: required"}},
		{
			"malformed", "omnium: { baseUrl: \"https://o.test\", clientId: \"a${b\", clientSecret: \"${1}\" }",
			[]string{
				"10: omnium.clientId: has ${ that does not begin a reference of the form ${NAME}; " +
					"put a value that holds ${ into an environment variable",
				"10: omnium.clientSecret: has ${ that does not begin a reference of the form ${NAME}; " +
					"put a value that holds ${ into an environment variable",
			},
		},
	})
}

// TestSecretsStayOut puts credentials and values from the environment into every place where they
// are wrong, and looks for them in the error.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	raw := `
server:
  listen: ${LEAK}
  maxBodyBytes: ${LEAK}
  shutdownGrace: ${LEAK}
  adminTokens:
    - { name: "${LEAK}", role: "${LEAK}", token: hunter2 }
    - { name: "${LEAK}", role: operator, token: hunter2 }
redis: { url: "redis://u:hunter2@${LEAK}:port/0", strict: "${LEAK}" }
webhook:
  bearer: ["hunter2 ${LEAK}"]
  basic: [{ username: "${LEAK}:", password: "" }]
  headers: [{ name: "${LEAK}", value: "hunter2\n" }]
omnium: { baseUrl: "${LEAK}", requestsPerSecond: "${LEAK}", maxConcurrent: "${LEAK}" }
flow: { routes: { a: "${LEAK}" }, breaker: { openFor: "${LEAK}" } }
connector:
  accessToken: "hunter2 hunter2"
  implementations: ["${LEAK}"]
  properties: { DefaultTenantUid: no, StockFigure: "${LEAK}", MainPricesListUid: "${LEAK}" }
markets:
  - { market: "${LEAK}" }
  - { market: "${LEAK}", accessToken: "hunter2 " }
  - { market: A, accessToken: hunter2, properties: { DefaultTenantUid: "${LEAK}" } }
  - { market: B, accessToken: hunter2-too, properties: { MainPricesListUid: x } }
  - { market: C, properties: { SyncCategoriesToFlow: "${LEAK}" } }
marketGroups: [{ group: "${LEAK}", markets: ["${LEAK}", "${LEAK}"] }, { group: "${LEAK}" }]
log: { level: "${LEAK}", format: "${LEAK}" }
`
	_, err := config.Parse("f.yaml", []byte(raw), environment)
	if err == nil {
		t.Fatal("Parse() = nil, want an error")
	}
	if got := strings.Count(err.Error(), "\n"); got < 25 {
		t.Errorf("Parse() has %d problems, want at least 25:\n%v", got+1, err)
	}
	for _, secret := range []string{"hunter2", "leak"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("Parse() shows %q:\n%v", secret, err)
		}
	}
}
