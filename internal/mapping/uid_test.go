package mapping_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/mapping"
)

func TestUID(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, want string }{
		{"ff_1041", "ff_1041"},
		{"AB-12.3/X+Y", "AB123XY"},
		{"Størrelse 4", "Strrelse4"},
		{"__a__", "__a__"},
		{" 1 ", "1"},
		{"_", "_"},
		{"東京7", "7"},
		{"a\x00b\xff", "ab"},
	}
	for _, tt := range tests {
		if got, err := mapping.UID(tt.id); got != tt.want || err != nil {
			t.Errorf("UID(%q) = %q, %v; want %q", tt.id, got, err, tt.want)
		}
	}
}

func TestUIDEmpty(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", " ", "-", "æøå", "東京"} {
		if got, err := mapping.UID(id); reason(err) != mapping.ReasonUIDEmpty {
			t.Errorf("UID(%q) = %q, %v; want %s", id, got, err, mapping.ReasonUIDEmpty)
		}
	}
}

func TestBrandUID(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"Nike Air", "nike_air"},
		{"  NIKE\t \u00a0air\n", "nike_air"},
		{"Black & Decker", "black__decker"},
		{"H&M", "hm"},
		{"Fjällräven", "fjllrven"},
		{"Æ 1", "_1"},
	}
	for _, tt := range tests {
		if got, err := mapping.BrandUID(tt.name); got != tt.want || err != nil {
			t.Errorf("BrandUID(%q) = %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	for _, name := range []string{"", " ", "Å Å", "&"} {
		if got, err := mapping.BrandUID(name); reason(err) != mapping.ReasonUIDEmpty {
			t.Errorf("BrandUID(%q) = %q, %v; want %s", name, got, err, mapping.ReasonUIDEmpty)
		}
	}
}

func TestBrandKeyTellsBrandsApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		same bool
	}{
		{"Nike Air", " nike  AIR ", true},
		{"Nike-Air", "NikeAir", false},
		{"Håg", "Hg", false},
		{"HÅG", "håg", true},
	}
	for _, tt := range tests {
		if got := mapping.BrandKey(tt.a) == mapping.BrandKey(tt.b); got != tt.same {
			t.Errorf("BrandKey(%q) == BrandKey(%q) is %t, want %t", tt.a, tt.b, got, tt.same)
		}
	}
}

func FuzzUID(f *testing.F) {
	for _, seed := range []string{"ff-1041-navy-s", "Nike Air", "æøå", "", "_", "a\xffb", "İstanbul"} {
		f.Add(seed)
	}
	allowed := regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	f.Fuzz(func(t *testing.T, id string) {
		uid, err := mapping.UID(id)
		if err == nil && !allowed.MatchString(uid) || err != nil && reason(err) != mapping.ReasonUIDEmpty {
			t.Fatalf("UID(%q) = %q, %v", id, uid, err)
		}
		if again, err := mapping.UID(uid); uid != "" && (again != uid || err != nil) {
			t.Fatalf("UID(UID(%q)) = %q, %v; want %q", id, again, err, uid)
		}
		brand, err := mapping.BrandUID(id)
		if err == nil && (!allowed.MatchString(brand) || brand != strings.ToLower(brand)) {
			t.Fatalf("BrandUID(%q) = %q", id, brand)
		}
		if same, _ := mapping.BrandUID(mapping.BrandKey(id)); same != brand {
			t.Fatalf("BrandUID(BrandKey(%q)) = %q, want %q", id, same, brand)
		}
	})
}

// reason is the reason of a mapping error; empty for any other.
func reason(err error) string {
	if e, ok := errors.AsType[*mapping.Error](err); ok {
		return e.Reason
	}
	return ""
}
