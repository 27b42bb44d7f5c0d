# `make help` lists the targets. `make test` sets up everything it needs by itself.
GO       ?= go
SBOM     := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
LINT     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
LINTERS  := @redocly/cli@2.77.0 @grafana/schema@13.2.3 typescript@5.9.3
BIN      := $(CURDIR)/bin
export PATH := $(BIN):$(PATH):/usr/sbin:/usr/local/sbin

.PHONY: help
help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: setup vet lint ## Run vet, the linter and every test with the race detector
	$(GO) test -race -shuffle=on -parallel 4 ./...
	cd deploy && $(GO) vet ./... && $(GO) test ./...
	cd storm && $(GO) vet ./... && $(GO) test -race ./...

.PHONY: setup
setup: ## Find or install what the tests need: Go, redis-server, and in CI a browser and more
	@scripts/setup.sh

.PHONY: vet
vet: ## Run go vet
	$(GO) vet ./...

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters of the code, the OpenAPI documents and the Grafana dashboard
	$(BIN)/golangci-lint run ./...
	cd storm && $(BIN)/golangci-lint run ./...
	@LINTERS='$(LINTERS)' scripts/lint-documents.sh

$(BIN)/golangci-lint:
	GOBIN=$(BIN) $(GO) install $(LINT)

.PHONY: fuzz
fuzz: ## Run every fuzz target for ten seconds
	@scripts/fuzz.sh 10s

.PHONY: secure
secure: ## Look for known vulnerabilities and committed secrets
	@scripts/secure.sh

.PHONY: sbom
sbom: build $(BIN)/cyclonedx-gomod ## Write what the binary is made of to bin/omniflow.cdx.json
	$(BIN)/cyclonedx-gomod bin -json -output $(BIN)/omniflow.cdx.json $(BIN)/omniflow

$(BIN)/cyclonedx-gomod:
	GOBIN=$(BIN) $(GO) install $(SBOM)

.PHONY: bench
bench: ## Measure beside the peers and print the table of bars (ten minutes)
	cd bench && $(GO) run .

SEEDS ?= 1..20
REPORT ?=
.PHONY: storm
storm: ## Let storms of events and faults go over the real service (SEEDS=1..20, a quarter of an hour)
	cd storm && $(GO) run . -seeds $(SEEDS) $(if $(REPORT),-report $(abspath $(REPORT)))

SOAK ?= 10m
.PHONY: soak
soak: ## Load the service for ten minutes (SOAK=30m: longer) and print what grows
	$(GO) test ./cmd/omniflow -run 'TestSoak$$' -count=1 -v -soak $(SOAK) -timeout 24h

.PHONY: model
model: ## Play a million random steps on a real Redis beside the queue's model (nightly)
	$(GO) test ./internal/queue -run TestRedisBehavesLikeTheModel -rapid.checks=10000 -rapid.steps=100 -timeout 3h

.PHONY: pictures
pictures: ## Take the pictures of the dashboard in docs/images anew
	OMNIFLOW_TEST_TOOLS=require $(GO) test ./cmd/omniflow -run 'TestDashboard$$' -count=1 -pictures

.PHONY: build
build: ## Build the binary into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/omniflow ./cmd/omniflow

.PHONY: demo
demo: ## Play the demo day once
	$(GO) run ./cmd/omniflow demo --once
