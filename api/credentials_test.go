package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestWebhookCredentials(t *testing.T) {
	t.Parallel()
	all := api.Credentials{
		Bearer: []tenant.Secret{"old", "new"},
		Basic: []api.Basic{
			{Username: "omnium", Password: "secret"}, {Username: "other", Password: "word"},
		},
		Headers: []api.Header{{Name: "X-Api-Key", Value: "key1"}, {Name: "x-api-key", Value: "key2"}},
	}
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := map[string]struct {
		credentials api.Credentials
		sign        func(*http.Request)
		want        int
	}{
		"first bearer":           {all, header("Authorization", "Bearer old"), 202},
		"second bearer":          {all, header("Authorization", "Bearer new"), 202},
		"scheme in another case": {all, header("Authorization", "bEARER new"), 202},
		"first basic":            {all, basic("omnium", "secret"), 202},
		"second basic":           {all, basic("other", "word"), 202},
		"first header":           {all, header("X-API-KEY", "key1"), 202},
		"second header":          {all, header("X-Api-Key", "key2"), 202},
		"wrong bearer, right key": {all, func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer wrong")
			r.Header.Set("X-Api-Key", "key2")
		}, 202},
		"nothing":                      {all, func(*http.Request) {}, 401},
		"wrong bearer":                 {all, header("Authorization", "Bearer olds"), 401},
		"beginning of a bearer":        {all, header("Authorization", "Bearer ol"), 401},
		"bearer in another case":       {all, header("Authorization", "Bearer OLD"), 401},
		"empty bearer":                 {all, header("Authorization", "Bearer "), 401},
		"scheme alone":                 {all, header("Authorization", "Bearer"), 401},
		"token without scheme":         {all, header("Authorization", "old"), 401},
		"other scheme":                 {all, header("Authorization", "Token old"), 401},
		"wrong password":               {all, basic("omnium", "word"), 401},
		"password of another user":     {all, basic("other", "secret"), 401},
		"wrong user":                   {all, basic("nobody", "secret"), 401},
		"password as bearer":           {all, header("Authorization", "Bearer secret"), 401},
		"basic that is not base64":     {all, header("Authorization", "Basic !!"), 401},
		"empty basic":                  {all, basic("", ""), 401},
		"wrong header":                 {all, header("X-Api-Key", "key3"), 401},
		"empty header":                 {all, header("X-Api-Key", ""), 401},
		"header's value as bearer":     {all, header("Authorization", "Bearer key1"), 401},
		"admin token":                  {all, header("Authorization", "Bearer "+operatorToken), 401},
		"anonymous":                    {api.Credentials{AllowAnonymous: true}, func(*http.Request) {}, 202},
		"anonymous with any bearer":    {api.Credentials{AllowAnonymous: true}, header("Authorization", "Bearer x"), 202},
		"anonymous beside credentials": {api.Credentials{AllowAnonymous: true, Bearer: all.Bearer}, func(*http.Request) {}, 202},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(o *api.Options) { o.Credentials = test.credentials })
			r := httptest.NewRequestWithContext(
				t.Context(), http.MethodPost, "/webhooks/omnium", strings.NewReader(patched))
			test.sign(r)
			if got := h.do(r); got.status != test.want {
				t.Errorf("post = %d %s, want %d", got.status, got.body, test.want)
			}
			if kept := len(h.intake.entries) > 0; kept != (test.want == http.StatusAccepted) {
				t.Errorf("post with answer %d kept the event = %t", test.want, kept)
			}
		})
	}
}

func TestWebhookChallenge(t *testing.T) {
	t.Parallel()
	bearer, basic := []tenant.Secret{"a"}, []api.Basic{{Username: "u", Password: "p"}}
	tests := map[string]struct {
		credentials api.Credentials
		want        string
	}{
		"bearer":  {api.Credentials{Bearer: bearer}, `Bearer realm="omniflow"`},
		"basic":   {api.Credentials{Basic: basic}, `Basic realm="omniflow", charset="UTF-8"`},
		"both":    {api.Credentials{Bearer: bearer, Basic: basic}, `Bearer realm="omniflow"|Basic realm="omniflow", charset="UTF-8"`},
		"headers": {api.Credentials{Headers: []api.Header{{Name: "K", Value: "v"}}}, `Bearer realm="omniflow"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(o *api.Options) { o.Credentials = test.credentials })
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/omnium", http.NoBody)
			got := h.do(r)
			if joined := strings.Join(got.header.Values("WWW-Authenticate"), "|"); joined != test.want {
				t.Errorf("WWW-Authenticate = %s, want %s", joined, test.want)
			}
		})
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*api.Options)
		want   string
	}{
		"no credentials":  {func(o *api.Options) { o.Credentials = api.Credentials{} }, "no credentials"},
		"empty bearer":    {func(o *api.Options) { o.Credentials.Bearer = []tenant.Secret{""} }, "empty bearer"},
		"empty password":  {func(o *api.Options) { o.Credentials.Basic = []api.Basic{{Username: "u"}} }, "without username or password"},
		"empty header":    {func(o *api.Options) { o.Credentials.Headers = []api.Header{{Name: "K"}} }, "without name or value"},
		"nameless admin":  {func(o *api.Options) { o.AdminTokens[0].Name = "" }, "without name"},
		"empty token":     {func(o *api.Options) { o.AdminTokens[0].Token = "" }, "without name or token"},
		"unknown role":    {func(o *api.Options) { o.AdminTokens[0].Role = "root" }, `unknown role "root"`},
		"shared token":    {func(o *api.Options) { o.AdminTokens[0].Token = operatorToken }, "are the same"},
		"negative limit":  {func(o *api.Options) { o.MaxBodyBytes = -1 }, "MaxBodyBytes"},
		"no directory":    {func(o *api.Options) { o.Directory = nil }, "Directory is missing"},
		"several missing": {func(o *api.Options) { o.Intake, o.Jobs = nil, nil }, "Intake is missing\nJobs is missing"},
		"no health":       {func(o *api.Options) { o.Health = nil }, "Health is missing"},
		"no ready":        {func(o *api.Options) { o.Ready = nil }, "Ready is missing"},
		"no metrics":      {func(o *api.Options) { o.Metrics = nil }, "Metrics is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := (&harness{intake: &intake{}, jobs: &jobs{}, log: nil}).options(t)
			test.change(&o)
			_, err := api.New(o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New = %v, want an error with %q", err, test.want)
			}
		})
	}
}

// Secrets are in no log line, whatever level and whatever happens.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) {
		o.Ready = func(context.Context) error { panic("boom") }
	})
	h.post(patched)
	h.post("{")
	h.admin("presented-secret", http.MethodGet, "/admin/v1/tenants?token=query-secret", "")
	h.admin(operatorToken, http.MethodGet, "/admin/v1/tenants?token=query-secret", "")
	h.admin(operatorToken, http.MethodGet, "/admin/v1/path-secret", "")
	h.admin("", http.MethodGet, "/readyz", "")
	log := h.log.String()
	for _, secret := range []string{hookToken, operatorToken, "presented-secret", "query-secret", "path-secret", "jacket"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows %q:\n%s", secret, log)
		}
	}
	if log == "" {
		t.Error("nothing was logged at debug level")
	}
}
