package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/omnium"
)

// Caps on what is parsed, so that a hostile number costs nothing. They are far beyond what Flow's
// integers can hold and what a .NET decimal or double prints.
const (
	maxNumberLength = 40
	maxExponent     = 60
	// workDigits holds the product of a price and a tax rate at both caps exactly.
	workDigits = 400
)

// Hundredths turns a quantity or a percentage into Flow's integers with two implied decimals, rounded
// half away from zero (reference flow-api.md §1.5). Negative values are fine. It is nil when n is
// empty; field names n in errors.
func Hundredths(field string, n omnium.Number) (*int64, error) {
	return scaled(field, n, 2)
}

// Cents turns an amount of money into hundredths as Hundredths does, but refuses a negative one.
func Cents(field string, n omnium.Number) (*int64, error) {
	return unsigned(field, n, 2)
}

// Grams rounds a weight that already is in grams, as that of a colli, half away from zero. It is nil
// when n is empty and refuses negative weights.
func Grams(field string, n omnium.Number) (*int64, error) {
	return unsigned(field, n, 0)
}

// KilogramsToGrams turns a product's weight into grams, rounded half away from zero. It is nil when n
// is empty and refuses negative weights.
func KilogramsToGrams(field string, n omnium.Number) (*int64, error) {
	return unsigned(field, n, 3)
}

// CentimetresToMillimetres turns a colli's size into millimetres, rounded half away from zero. It is
// nil when n is empty and refuses negative sizes.
func CentimetresToMillimetres(field string, n omnium.Number) (*int64, error) {
	return unsigned(field, n, 1)
}

// unsigned is scaled for values that cannot be below zero.
func unsigned(field string, n omnium.Number, shift int32) (*int64, error) {
	d, err := parse(field, n)
	if err != nil || d == nil {
		return nil, err
	}
	if err := notNegative(field, d); err != nil {
		return nil, err
	}
	return shifted(field, d, shift)
}

// scaled is n times ten to the power of shift as an integer; nil when n is empty.
func scaled(field string, n omnium.Number, shift int32) (*int64, error) {
	d, err := parse(field, n)
	if err != nil || d == nil {
		return nil, err
	}
	return shifted(field, d, shift)
}

// shifted multiplies by a power of ten, which only moves the exponent, and rounds once.
func shifted(field string, d *apd.Decimal, shift int32) (*int64, error) {
	moved := new(apd.Decimal).Set(d)
	moved.Exponent += shift
	return integer(field, moved)
}

// integer rounds d half away from zero to what Flow can hold.
func integer(field string, d *apd.Decimal) (*int64, error) {
	rounded := new(apd.Decimal)
	if _, err := exact().Quantize(rounded, d, 0); err != nil {
		return nil, outOfRange(field, d)
	}
	i, err := rounded.Int64()
	if err != nil {
		return nil, outOfRange(field, d)
	}
	return &i, nil
}

// parse reads a number exactly; nil when it is empty. Lengths and exponents are checked first, so
// that no input makes it allocate much.
func parse(field string, n omnium.Number) (*apd.Decimal, error) {
	text := strings.TrimSpace(string(n))
	if text == "" {
		return nil, nil
	}
	if len(text) > maxNumberLength {
		return nil, &Error{ReasonBadNumber, fmt.Sprintf("%s has %d characters: %q…", field, len(text), text[:maxNumberLength])}
	}
	exponent, ok := exponentOf(text)
	if !ok {
		return nil, &Error{ReasonBadNumber, fmt.Sprintf("%s is %q", field, text)}
	}
	if exponent < -maxExponent || exponent > maxExponent {
		return nil, &Error{ReasonOutOfRange, fmt.Sprintf("%s is %s", field, text)}
	}
	d, _, err := apd.NewFromString(text)
	if err != nil {
		return nil, &Error{ReasonBadNumber, fmt.Sprintf("%s is %q", field, text)}
	}
	return d, nil
}

// exponentOf returns the exponent that text is written with and whether text has only the characters
// of a decimal number: no NaN, no infinity, no digit separators.
func exponentOf(text string) (int64, bool) {
	if strings.IndexFunc(text, notNumeric) >= 0 {
		return 0, false
	}
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return 0, true
	}
	exponent, err := strconv.ParseInt(text[at+1:], 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return maxExponent + 1, true
	}
	return exponent, err == nil
}

func notNumeric(r rune) bool {
	return !strings.ContainsRune("0123456789+-.eE", r)
}

// plain is a decimal without exponent and trailing zeros: 25.0 is "25".
func plain(d *apd.Decimal) string {
	reduced, _ := new(apd.Decimal).Reduce(d)
	return reduced.Text('f')
}

// unset reports a number that is empty or zero; Omnium writes zero where it means nothing. A text that
// is no number is not unset: using it reports it.
func unset(n omnium.Number) bool {
	d, err := parse("", n)
	return err == nil && (d == nil || d.IsZero())
}

// nonZero turns zero into "not given".
func nonZero(i *int64, err error) (*int64, error) {
	if err != nil || i == nil || *i == 0 {
		return nil, err
	}
	return i, nil
}

func notNegative(field string, d *apd.Decimal) error {
	if d.Sign() < 0 {
		return &Error{ReasonNegative, fmt.Sprintf("%s is %s", field, d)}
	}
	return nil
}

func outOfRange(field string, d *apd.Decimal) error {
	return &Error{ReasonOutOfRange, fmt.Sprintf("%s is %s", field, d)}
}

// exact is arithmetic that never rounds within the caps of parse, and rounds half away from zero
// where it is told to.
func exact() *apd.Context {
	c := apd.BaseContext.WithPrecision(workDigits)
	c.Rounding = apd.RoundHalfUp
	return c
}
