package omniumtest

import (
	"net/http"
	"slices"

	"github.com/omniflow/omniflow/internal/omnium"
)

// MarketGroup is OmniumMarketGroup.
type MarketGroup struct {
	GroupID   string   `json:"groupId"`
	GroupName string   `json:"groupName"`
	MarketIDs []string `json:"marketIds"`
}

// SetMarkets replaces the markets.
func (s *Server) SetMarkets(list []omnium.Market) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.markets = slices.Clone(list)
}

// SetMarketGroups replaces the market groups.
func (s *Server) SetMarketGroups(list []MarketGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = slices.Clone(list)
}

func (s *Server) listMarkets(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	list := append([]omnium.Market{}, s.markets...)
	s.mu.Unlock()
	writeJSON(w, list)
}

func (s *Server) listGroups(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	list := append([]MarketGroup{}, s.groups...)
	s.mu.Unlock()
	writeJSON(w, list)
}
