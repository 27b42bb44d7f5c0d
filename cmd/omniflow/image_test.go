package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestImageIsStaticAndRunByNobody reads the Dockerfile: the binary needs no library, and the last stage has
// neither a shell nor a package manager, nor a user with rights, nor anything but the binary.
func TestImageIsStaticAndRunByNobody(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	before, last, found := strings.Cut(string(raw), "\nFROM gcr.io/distroless/static-debian12:nonroot\n")
	if !found || strings.Contains(last, "\nFROM ") {
		t.Fatalf("Dockerfile = %s, want its last stage on the static image for nobody", raw)
	}
	if !strings.Contains(before, "CGO_ENABLED=0 go build") {
		t.Error("the binary is not built with CGO_ENABLED=0, want it static")
	}
	want := []string{"COPY --from=build /omniflow /omniflow", "USER nonroot:nonroot"}
	for line := range strings.Lines(last) {
		line = strings.TrimSpace(line)
		word, _, _ := strings.Cut(line, " ")
		at := slices.Index(want, line)
		if at >= 0 {
			want = slices.Delete(want, at, at+1)
		} else if slices.Contains([]string{"COPY", "ADD", "RUN", "USER", "ENV", "ARG"}, word) {
			t.Errorf("the last stage has %q, want no more in it than the binary", line)
		}
	}
	if len(want) > 0 {
		t.Errorf("the last stage lacks %q", want)
	}
}

// TestDeploymentsGiveNoRights looks at how the manifests and the compose file run the image.
func TestDeploymentsGiveNoRights(t *testing.T) {
	t.Parallel()
	type context struct {
		RunAsNonRoot             bool                    `yaml:"runAsNonRoot"`
		ReadOnlyRootFilesystem   bool                    `yaml:"readOnlyRootFilesystem"`
		AllowPrivilegeEscalation *bool                   `yaml:"allowPrivilegeEscalation"`
		Capabilities             struct{ Drop []string } `yaml:"capabilities"`
		SeccompProfile           struct{ Type string }   `yaml:"seccompProfile"`
	}
	var deployment struct {
		Kind string
		Spec struct {
			Template struct {
				Spec struct {
					AutomountServiceAccountToken *bool   `yaml:"automountServiceAccountToken"`
					SecurityContext              context `yaml:"securityContext"`
					Containers                   []struct {
						SecurityContext context `yaml:"securityContext"`
					}
				}
			}
		}
	}
	decodeKind(t, "../../deploy/kubernetes/deployment.yaml", "Deployment", &deployment)
	pod := deployment.Spec.Template.Spec
	if len(pod.Containers) != 1 {
		t.Fatalf("the pod has %d containers, want one", len(pod.Containers))
	}
	c := pod.Containers[0].SecurityContext
	if !pod.SecurityContext.RunAsNonRoot && !c.RunAsNonRoot || !c.ReadOnlyRootFilesystem ||
		c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation || !slices.Equal(c.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("container = %+v in %+v, want no rights", c, pod.SecurityContext)
	}
	if pod.SecurityContext.SeccompProfile.Type != "RuntimeDefault" && c.SeccompProfile.Type != "RuntimeDefault" {
		t.Error("the pod has no seccomp profile, want RuntimeDefault")
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod gets a token for the cluster, want none")
	}
	var compose struct {
		Services map[string]struct {
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`
		}
	}
	decodeKind(t, "../../docker-compose.yml", "", &compose)
	if s := compose.Services["omniflow"]; !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
		!slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Errorf("compose runs it as %+v, want no rights", s)
	}
}

// decodeKind decodes the document of a kind; an empty kind is the only document.
func decodeKind(t *testing.T, path, kind string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	documents := yaml.NewDecoder(bytes.NewReader(raw))
	for {
		var node yaml.Node
		if err := documents.Decode(&node); errors.Is(err, io.EOF) {
			t.Fatalf("%s has no %s", path, kind)
		} else if err != nil {
			t.Fatal(err)
		}
		var head struct{ Kind string }
		if err := node.Decode(&head); err != nil {
			t.Fatal(err)
		}
		if head.Kind == kind {
			if err := node.Decode(into); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}
