// Package deploy holds what is needed to run omniflow beside the binary: manifests for Kubernetes, a
// configuration for HAProxy, alerts for Prometheus and a dashboard for Grafana. There is no code here but
// the tests that keep all of it right; they are a module of their own, because what they need to
// understand those files is much larger than omniflow.
package deploy
