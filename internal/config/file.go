package config

import "time"

// file is the shape of the configuration file. The comments of fields, here and in sections.go, are what
// docs/configuration.md says of their keys.
type file struct {
	Server    Server        `yaml:"server"`
	Redis     redisSection  `yaml:"redis"`
	Webhook   Webhook       `yaml:"webhook"`
	Omnium    Omnium        `yaml:"omnium"`
	Flow      Flow          `yaml:"flow"`
	Queue     Queue         `yaml:"queue"`
	Catchup   Catchup       `yaml:"catchup"`
	Connector connectorFile `yaml:"connector"`
	// Markets are the markets that are replicated. At least one market or market group is required.
	Markets []marketFile `yaml:"markets"`
	// MarketGroups are groups that lend their settings to their markets, or are tenants with
	// `UseMarketGroupFlowTenants`.
	MarketGroups []groupFile `yaml:"marketGroups"`
	Log          Log         `yaml:"log"`
	Tracing      Tracing     `yaml:"tracing"`
}

type redisSection struct {
	// URL is the address of one server, of nodes of a Cluster, of sentinels, or `embedded://`. Required.
	URL text `yaml:"url"`
	// Strict refuses to start on a Redis that evicts or does not persist.
	Strict bool `yaml:"strict"`
}

type connectorFile struct {
	// Name is the name of the connector in Omnium.
	Name text `yaml:"name"`
	// AccessToken is the token for Flow. It is required here, or for every market or market group.
	AccessToken text `yaml:"accessToken"`
	// Implementations are the exporters and tasks to run, see [below](#implementations).
	Implementations []text `yaml:"implementations"`
	// Properties are those of every market, unless its group or the market itself has others.
	Properties properties `yaml:"properties"`
}

type marketFile struct {
	// Market is the id in Omnium. Required; case does not matter.
	Market text `yaml:"market"`
	// AccessToken is used instead of the connector's.
	AccessToken text `yaml:"accessToken"`
	// Properties are used instead of those of the group and the connector.
	Properties properties `yaml:"properties"`
}

type groupFile struct {
	// Group is the id in Omnium. Required; case does not matter.
	Group text `yaml:"group"`
	// Markets are the members. Left out, they are read from Omnium.
	Markets []text `yaml:"markets"`
	// AccessToken is used instead of the connector's.
	AccessToken text `yaml:"accessToken"`
	// Properties are used instead of those of the connector.
	Properties properties `yaml:"properties"`
}

// defaults is the file when nothing is written in it. The required keys have no default.
func defaults() file {
	return file{
		Server: Server{
			Listen: ":8080", MaxBodyBytes: 1 << 20, MaxConnections: 1000,
			ShutdownGrace: 20 * time.Second, DrainDelay: 5 * time.Second,
		},
		Omnium: Omnium{ProductLanguage: "no", MaxConcurrent: 10, RequestsPerSecond: 80},
		Flow: Flow{
			BaseURL:           "https://api.flowretail.com/v2",
			RequestsPerSecond: 20, Burst: 20, Concurrency: 8, Timeout: 15 * time.Second,
			Breaker: Breaker{
				ConsecutiveFailures: 5, OpenFor: 30 * time.Second, HalfOpenRequests: 1,
			},
		},
		Queue: Queue{
			DedupeWindow: time.Hour, Lease: 15 * time.Second, MaxAttempts: 12,
			Backoff:             Backoff{Min: time.Second, Max: 10 * time.Minute},
			DeadLetterRetention: 720 * time.Hour,
		},
		Catchup: Catchup{Enabled: true, Overlap: 5 * time.Minute, Intervals: Intervals{
			Products: time.Minute, Prices: time.Minute, Inventory: time.Minute,
			Customers: 5 * time.Minute, PurchaseOrders: 5 * time.Minute,
			Deliveries: 5 * time.Minute, Suppliers: 5 * time.Minute, Stores: 5 * time.Minute,
			Categories: time.Hour,
		}},
		Connector: connectorFile{Name: text{s: "FlowRetail"}},
		Log:       Log{Level: "info", Format: "json"},
	}
}
