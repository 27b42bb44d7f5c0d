package tenant

import "strings"

// VATCodePrefix starts the keys that map a VAT rate to a Flow VAT code: VatCodeUid.<rate>, with the
// rate in plain decimal text ("25", "12.5"; design §9.7).
const VATCodePrefix = "VatCodeUid."

// VATCodeUIDs returns the VAT codes by rate, as the properties VatCodeUid.<rate> give them. The map
// is the caller's.
func (p Properties) VATCodeUIDs() map[string]string {
	codes := make(map[string]string)
	for key, uid := range p {
		if rate, ok := strings.CutPrefix(key, VATCodePrefix); ok && uid != "" {
			codes[rate] = uid
		}
	}
	return codes
}
