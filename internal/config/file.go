package config

import "time"

// file is the shape of the configuration file.
type file struct {
	Server       Server        `yaml:"server"`
	Redis        redisSection  `yaml:"redis"`
	Webhook      Webhook       `yaml:"webhook"`
	Omnium       Omnium        `yaml:"omnium"`
	Flow         Flow          `yaml:"flow"`
	Queue        Queue         `yaml:"queue"`
	Catchup      Catchup       `yaml:"catchup"`
	Connector    connectorFile `yaml:"connector"`
	Markets      []marketFile  `yaml:"markets"`
	MarketGroups []groupFile   `yaml:"marketGroups"`
	Log          Log           `yaml:"log"`
	Tracing      Tracing       `yaml:"tracing"`
}

type redisSection struct {
	URL    text `yaml:"url"`
	Strict bool `yaml:"strict"`
}

type connectorFile struct {
	Name            text       `yaml:"name"`
	AccessToken     text       `yaml:"accessToken"`
	Implementations []text     `yaml:"implementations"`
	Properties      properties `yaml:"properties"`
}

type marketFile struct {
	Market      text       `yaml:"market"`
	AccessToken text       `yaml:"accessToken"`
	Properties  properties `yaml:"properties"`
}

type groupFile struct {
	Group       text       `yaml:"group"`
	Markets     []text     `yaml:"markets"`
	AccessToken text       `yaml:"accessToken"`
	Properties  properties `yaml:"properties"`
}

// defaults is the file when nothing is written in it. The required keys have no default.
func defaults() file {
	return file{
		Server: Server{
			Listen: ":8080", MaxBodyBytes: 1 << 20, ShutdownGrace: 20 * time.Second, DrainDelay: 5 * time.Second,
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
