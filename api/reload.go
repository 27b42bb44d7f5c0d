package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Reloader reads the configuration again and puts all of it in force, or nothing. It blocks until that
// is done. The error is a *ConfigError when the file is to blame.
type Reloader func(ctx context.Context) (Reload, error)

// Reload is what has become of a configuration that was read again. No list is nil.
type Reload struct {
	// Added, Removed and Changed are the tenants that differ from before.
	Added   []tenant.ID `json:"added"`
	Removed []tenant.ID `json:"removed"`
	Changed []tenant.ID `json:"changed"`
	// NeedsRestart are the settings of the file that are not in force.
	NeedsRestart []string `json:"needsRestart"`
	// Warnings are things that are allowed and that an operator should know.
	Warnings []string `json:"warnings"`
}

// ConfigProblem is one thing that is wrong with a configuration file.
type ConfigProblem struct {
	// Path is the place in the file; empty, and Line 0, when the file as a whole is meant.
	Path string
	Line int
	// Message holds nothing secret.
	Message string
}

// ConfigError is everything that is wrong with a configuration file.
type ConfigError struct{ Problems []ConfigProblem }

// Error lists the problems.
func (e *ConfigError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = strings.TrimPrefix(p.Path+": "+p.Message, ": ")
	}
	return strings.Join(texts, "; ")
}

// reload answers POST /admin/v1/reload.
func (s *server) reload(w http.ResponseWriter, r *http.Request) error {
	report, err := s.Reload(r.Context())
	if invalid, ok := errors.AsType[*ConfigError](err); ok {
		return invalidConfig(invalid)
	}
	if err != nil {
		return refuse(errUnavailable, "The service is stopping, or the client has gone.", err)
	}
	zerolog.Ctx(r.Context()).Info().Msg("reload requested")
	return writeJSON(w, http.StatusOK, report)
}

// invalidConfig lists the problems as fields of the file.
func invalidConfig(e *ConfigError) error {
	f := &fault{kind: errConfig, detail: "The configuration in force stays.", cause: e}
	for _, p := range e.Problems {
		detail := p.Message
		if p.Line > 0 {
			detail = fmt.Sprintf("line %d: %s", p.Line, p.Message)
		}
		f.fields = append(f.fields, fieldError{Field: p.Path, Detail: detail})
	}
	return f
}
