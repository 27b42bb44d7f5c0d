package deploy_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// manifest decodes a file strictly: a field that its kind does not have is an error.
func manifest[T any](t *testing.T, name, version, kind string) T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	var head meta.TypeMeta
	if err := yaml.Unmarshal(raw, &head); err != nil || head.APIVersion != version || head.Kind != kind {
		t.Errorf("%s is a %s %s, %v; want %s %s", name, head.APIVersion, head.Kind, err, version, kind)
	}
	var object T
	if err := yaml.UnmarshalStrict(raw, &object); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return object
}

func deployment(t *testing.T) apps.Deployment {
	t.Helper()
	return manifest[apps.Deployment](t, "deployment.yaml", "apps/v1", "Deployment")
}

// TestPods checks what keeps the service up and what keeps it in.
func TestPods(t *testing.T) {
	t.Parallel()
	d := deployment(t)
	pod := d.Spec.Template.Spec
	if len(pod.Containers) != 1 || d.Spec.Replicas == nil || *d.Spec.Replicas < 2 {
		t.Fatalf("deployment = %+v, want two replicas of one container", d.Spec)
	}
	c := pod.Containers[0]
	if up := d.Spec.Strategy.RollingUpdate; up == nil || up.MaxUnavailable.IntValue() != 0 {
		t.Errorf("rolling update = %+v, want maxUnavailable 0", up)
	}
	for name, probe := range map[string]*core.Probe{"/readyz": c.ReadinessProbe, "/healthz": c.LivenessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != name || probe.HTTPGet.Port.String() != "http" {
			t.Errorf("probe = %+v, want one of %s", probe, name)
		}
	}
	// The readiness check must have failed before server.drainDelay (5 s) is over.
	if p := c.ReadinessProbe; p.PeriodSeconds*p.FailureThreshold >= 5 {
		t.Errorf("readiness falls after %d s, want less than 5", p.PeriodSeconds*p.FailureThreshold)
	}
	if s := pod.TerminationGracePeriodSeconds; s == nil || *s <= 20 {
		t.Errorf("terminationGracePeriodSeconds = %v, want more than server.shutdownGrace", s)
	}
	wantLocked(t, pod.SecurityContext, c.SecurityContext)
	if mount := pod.AutomountServiceAccountToken; mount == nil || *mount {
		t.Error("the pod has a token of the cluster, want none")
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("resources = %+v, want requests and a limit of memory", c.Resources)
	}
}

func wantLocked(t *testing.T, pod *core.PodSecurityContext, c *core.SecurityContext) {
	t.Helper()
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	if pod == nil || !is(pod.RunAsNonRoot, true) || pod.SeccompProfile == nil ||
		pod.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("pod's security context = %+v, want a user without rights and the default seccomp profile", pod)
	}
	if c == nil || !is(c.ReadOnlyRootFilesystem, true) || !is(c.AllowPrivilegeEscalation, false) ||
		c.Capabilities == nil || len(c.Capabilities.Drop) != 1 || c.Capabilities.Drop[0] != "ALL" {
		t.Errorf("container's security context = %+v, want nothing to be writable or allowed", c)
	}
}

// TestEverythingSelectsThePods checks the references between the manifests.
func TestEverythingSelectsThePods(t *testing.T) {
	t.Parallel()
	d := deployment(t)
	pods := labels.Set(d.Spec.Template.Labels)
	service := manifest[core.Service](t, "service.yaml", "v1", "Service")
	budget := manifest[policy.PodDisruptionBudget](t, "poddisruptionbudget.yaml", "policy/v1", "PodDisruptionBudget")
	network := manifest[networking.NetworkPolicy](t, "networkpolicy.yaml", "networking.k8s.io/v1", "NetworkPolicy")
	for name, s := range map[string]*meta.LabelSelector{
		"deployment": d.Spec.Selector, "service": {MatchLabels: service.Spec.Selector},
		"budget": budget.Spec.Selector, "network policy": &network.Spec.PodSelector,
	} {
		selector, err := meta.LabelSelectorAsSelector(s)
		if err != nil || selector.Empty() || !selector.Matches(pods) {
			t.Errorf("%s selects %v, %v; want the pods %v", name, selector, err, pods)
		}
	}
	ingress := manifest[networking.Ingress](t, "ingress.yaml", "networking.k8s.io/v1", "Ingress")
	path := ingress.Spec.Rules[0].HTTP.Paths[0]
	if path.Path != "/webhooks/omnium" || path.Backend.Service.Name != service.Name {
		t.Errorf("ingress leads %s to %s, want the webhook and the service only", path.Path, path.Backend.Service.Name)
	}
	if len(network.Spec.Ingress) == 0 || len(network.Spec.Egress) == 0 || len(network.Spec.PolicyTypes) != 2 {
		t.Errorf("network policy = %+v, want rules for both ways", network.Spec)
	}
	account := manifest[core.ServiceAccount](t, "serviceaccount.yaml", "v1", "ServiceAccount")
	if d.Spec.Template.Spec.ServiceAccountName != account.Name {
		t.Errorf("service account = %s, want %s", d.Spec.Template.Spec.ServiceAccountName, account.Name)
	}
	manifest[core.Namespace](t, "namespace.yaml", "v1", "Namespace")
}

// TestSecretsAreReferences wants every variable of the configuration to be in the secret, and the secret's
// values to be nobody's.
func TestSecretsAreReferences(t *testing.T) {
	t.Parallel()
	config := manifest[core.ConfigMap](t, "configmap.yaml", "v1", "ConfigMap").Data["omniflow.yaml"]
	secret := manifest[core.Secret](t, "secret.example.yaml", "v1", "Secret")
	from := deployment(t).Spec.Template.Spec.Containers[0].EnvFrom
	if len(from) != 1 || from[0].SecretRef == nil || from[0].SecretRef.Name != secret.Name {
		t.Errorf("envFrom = %+v, want the secret %s", from, secret.Name)
	}
	for name, value := range secret.StringData {
		if !strings.Contains(config, "${"+name+"}") {
			t.Errorf("secret %s is not used by the configuration", name)
		}
		if !strings.Contains(value, "CHANGE-ME") {
			t.Errorf("secret %s = %q, want no real value", name, value)
		}
	}
	named := strings.Count(config, "${") - strings.Count(config, "${NAME}")
	if named != len(secret.StringData) {
		t.Errorf("the configuration names %d variables, the secret has %d", named, len(secret.StringData))
	}
}

// TestKustomization wants every manifest to be listed, but for what is optional.
func TestKustomization(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("kubernetes/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		optional := name == "kustomization.yaml" || name == "secret.example.yaml" || name == "servicemonitor.yaml"
		if listed := bytes.Contains(raw, []byte("\n  - "+name+"\n")); listed == optional {
			t.Errorf("kustomization.yaml lists %s: %t, want %t", name, listed, !optional)
		}
	}
}
