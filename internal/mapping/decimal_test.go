package mapping_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// conversion is one of the package's number functions and the factor it must multiply by.
type conversion struct {
	name   string
	apply  func(string, omnium.Number) (*int64, error)
	factor int64
	signed bool
}

func conversions() []conversion {
	return []conversion{
		{"Hundredths", mapping.Hundredths, 100, true},
		{"Cents", mapping.Cents, 100, false},
		{"Grams", mapping.Grams, 1, false},
		{"KilogramsToGrams", mapping.KilogramsToGrams, 1000, false},
		{"CentimetresToMillimetres", mapping.CentimetresToMillimetres, 10, false},
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		apply  func(string, omnium.Number) (*int64, error)
		n      omnium.Number
		want   string
		reason string
	}{
		{"documented sample", mapping.Cents, "199.50", "19950", ""},
		{"integer", mapping.Cents, "7", "700", ""},
		{"half goes up", mapping.Cents, "0.005", "1", ""},
		{"below half", mapping.Cents, "0.0049999999999999999999", "0", ""},
		{"binary trap", mapping.Cents, "1.005", "101", ""},
		{"binary trap 2", mapping.Cents, "4.35", "435", ""},
		{"exponent", mapping.Cents, "1.5E3", "150000", ""},
		{"small exponent", mapping.Cents, "1e-9", "0", ""},
		{"minus zero", mapping.Cents, "-0.0", "0", ""},
		{"spaces", mapping.Cents, " 12 ", "1200", ""},
		{"largest", mapping.Cents, "92233720368547758.07", "9223372036854775807", ""},
		{"half below zero goes down", mapping.Hundredths, "-0.005", "-1", ""},
		{"smallest", mapping.Hundredths, "-92233720368547758.08", "-9223372036854775808", ""},
		{"quantity", mapping.Hundredths, "1.5", "150", ""},
		{"kilograms", mapping.KilogramsToGrams, "0.0005", "1", ""},
		{"centimetres", mapping.CentimetresToMillimetres, "8.25", "83", ""},
		{"grams", mapping.Grams, "820.5", "821", ""},
		{"not given", mapping.Cents, "", "none", ""},
		{"blank", mapping.Cents, "  ", "none", ""},
		{"too large", mapping.Cents, "92233720368547758.075", "", mapping.ReasonOutOfRange},
		{"too small", mapping.Hundredths, "-92233720368547758.085", "", mapping.ReasonOutOfRange},
		{"large exponent", mapping.Cents, "1e60", "", mapping.ReasonOutOfRange},
		{"hostile exponent", mapping.Cents, "1e999999999", "", mapping.ReasonOutOfRange},
		{"hostile longer exponent", mapping.Cents, "1e99999999999999999999999", "", mapping.ReasonOutOfRange},
		{"hostile small exponent", mapping.Cents, "1e-99999999999", "", mapping.ReasonOutOfRange},
		{"hostile length", mapping.Cents, omnium.Number(strings.Repeat("9", 1_000_000)), "", mapping.ReasonBadNumber},
		{"comma", mapping.Cents, "199,50", "", mapping.ReasonBadNumber},
		{"word", mapping.Cents, "NaN", "", mapping.ReasonBadNumber},
		{"infinity", mapping.Cents, "Infinity", "", mapping.ReasonBadNumber},
		{"object", mapping.Cents, "{}", "", mapping.ReasonBadNumber},
		{"two points", mapping.Cents, "1.2.3", "", mapping.ReasonBadNumber},
		{"two exponents", mapping.Cents, "1e2e3", "", mapping.ReasonBadNumber},
		{"sign only", mapping.Cents, "-", "", mapping.ReasonBadNumber},
		{"negative price", mapping.Cents, "-0.001", "", mapping.ReasonNegative},
		{"negative weight", mapping.KilogramsToGrams, "-1", "", mapping.ReasonNegative},
		{"negative size", mapping.CentimetresToMillimetres, "-1", "", mapping.ReasonNegative},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, err := tt.apply("field", tt.n)
			got := "none"
			if i != nil {
				got = fmt.Sprint(*i)
			}
			if err != nil {
				got = ""
			}
			if got != tt.want || reason(err) != tt.reason {
				t.Errorf("apply(%.50q) = %q, %v; want %q, reason %q", tt.n, got, err, tt.want, tt.reason)
			}
			if err != nil && !strings.Contains(err.Error(), "field") {
				t.Errorf("apply(%.50q) error %q does not name the field", tt.n, err)
			}
		})
	}
}

func TestNumbersRoundAsRationalsDo(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,15})?([eE][+-]?[0-9])?`)
	for _, c := range conversions() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				text := number.Draw(t, "number")
				exact, ok := new(big.Rat).SetString(text)
				if !ok {
					t.Fatalf("SetString(%q) failed", text)
				}
				got, err := c.apply("field", omnium.Number(text))
				want := roundHalfAway(exact.Mul(exact, big.NewRat(c.factor, 1)))
				switch {
				case exact.Sign() < 0 && !c.signed:
					if reason(err) != mapping.ReasonNegative {
						t.Fatalf("%s(%s) = %v, %v; want %s", c.name, text, got, err, mapping.ReasonNegative)
					}
				case !want.IsInt64():
					if reason(err) != mapping.ReasonOutOfRange {
						t.Fatalf("%s(%s) = %v, %v; want %s", c.name, text, got, err, mapping.ReasonOutOfRange)
					}
				case err != nil || got == nil || *got != want.Int64():
					t.Fatalf("%s(%s) = %v, %v; want %s", c.name, text, got, err, want)
				}
			})
		})
	}
}

// roundHalfAway is the oracle: integers only, nothing of the package.
func roundHalfAway(r *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	denominator := new(big.Int).Lsh(r.Denom(), 1)
	rounded := twice.Add(twice, r.Denom()).Div(twice, denominator)
	if r.Sign() < 0 {
		rounded.Neg(rounded)
	}
	return rounded
}

func FuzzCents(f *testing.F) {
	for _, seed := range []string{"199.50", "", "-1", "1e30", "1E-30", "0.005", "NaN", "1_000", "٣", "+5", ".5", "5."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := mapping.Cents("field", omnium.Number(text))
		if err != nil {
			if reason(err) == "" {
				t.Fatalf("Cents(%q) error = %T, want *mapping.Error", text, err)
			}
			return
		}
		trimmed := strings.TrimSpace(text)
		if trimmed == "" {
			if got != nil {
				t.Fatalf("Cents(%q) = %d, want none", text, *got)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(trimmed)
		if !ok {
			t.Fatalf("Cents(%q) = %d, want an error", text, *got)
		}
		want := roundHalfAway(exact.Mul(exact, big.NewRat(100, 1)))
		if want.Cmp(big.NewInt(*got)) != 0 || *got < 0 {
			t.Fatalf("Cents(%q) = %d, want %s", text, *got, want)
		}
	})
}
