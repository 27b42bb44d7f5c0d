package demo

// article is a row of the shop's catalogue.
type article struct {
	id       string // product id
	brand    string
	category string // key of categories
	form     form
	kroner   int    // price in Norway, with tax
	no, sv   string // names; without a Swedish one there is no Swedish document
}

// form says which variants an article comes in.
type form int

const (
	single form = iota
	sizes
	shoeSizes
	colours
	lengths
)

// codes are what variants are told apart by; the empty list is an article without variants.
func (f form) codes() []string {
	switch f {
	case sizes:
		return []string{"S", "M", "L"}
	case shoeSizes:
		return []string{"41", "42", "43", "44"}
	case colours:
		return []string{"rod", "bla"}
	case lengths:
		return []string{"190", "200"}
	case single:
	}
	return nil
}

// category is a category with its names.
type category struct {
	no, sv string
	parent string // key of branches, or the name of a root that does not exist
	food   bool   // taxed at the lower rate
}

// categories are the main categories of the catalogue.
func categories() map[string]category {
	return map[string]category{
		"klaer-jakker":    {no: "Jakker", sv: "Jackor", parent: "klaer"},
		"klaer-ull":       {no: "Ullundertøy", sv: "Ullunderställ", parent: "klaer"},
		"klaer-bukser":    {no: "Bukser", sv: "Byxor", parent: "klaer"},
		"sko-fjell":       {no: "Fjellsko", sv: "Vandringskängor", parent: "sko"},
		"sko-lop":         {no: "Løpesko", sv: "Löparskor", parent: "sko"},
		"ski-langrenn":    {no: "Langrennsski", sv: "Längdskidor", parent: "ski"},
		"ski-staver":      {no: "Skistaver", sv: "Skidstavar", parent: "ski"},
		"tur-sekker":      {no: "Ryggsekker", sv: "Ryggsäckar", parent: "tur"},
		"tur-telt":        {no: "Telt", sv: "Tält", parent: "tur"},
		"tur-soveposer":   {no: "Soveposer", sv: "Sovsäckar", parent: "tur"},
		"tur-kjokken":     {no: "Turkjøkken", sv: "Friluftskök", parent: "tur"},
		"tur-mat":         {no: "Turmat", sv: "Friluftsmat", parent: "tur", food: true},
		"sykkel-utstyr":   {no: "Sykkelutstyr", sv: "Cykelutrustning", parent: "annen"},
		"fiske-utstyr":    {no: "Fiskeutstyr", sv: "Fiskeutrustning", parent: "annen"},
		"ball":            {no: "Ball", sv: "Bollar", parent: "annen"},
		"elektro-klokker": {no: "Pulsklokker", sv: "Pulsklockor", parent: "annen"},
	}
}

func catalogue() []article {
	return []article{
		{"FF-1001", "Fjell Form", "klaer-jakker", sizes, 3499, "Storm skalljakke herre", "Storm skaljacka herr"},
		{"FF-1002", "Fjell Form", "klaer-jakker", sizes, 3499, "Storm skalljakke dame", "Storm skaljacka dam"},
		{"FF-1003", "Fjell Form", "klaer-jakker", sizes, 1299, "Bris vindjakke", "Bris vindjacka"},
		{"FF-1004", "Fjell Form", "klaer-jakker", colours, 2799, "Lett dunjakke", "Lätt dunjacka"},
		{"FF-1005", "Fjell Form", "klaer-jakker", single, 499, "Regnponcho", "Regnponcho"},
		{"FF-1006", "fjell form", "klaer-jakker", sizes, 899, "Trollstigen barnejakke", "Trollstigen barnjacka"},
		{"UV-1101", "Ullvår", "klaer-ull", sizes, 1099, "Merinogenser", "Merinotröja"},
		{"UV-1102", "Ullvår", "klaer-ull", sizes, 899, "Merinolongs", "Merinolångkalsonger"},
		{"UV-1103", "Ullvår", "klaer-ull", shoeSizes, 249, "Merinosokker, to par", "Merinostrumpor, två par"},
		{"UV-1104", "Ullvår", "klaer-ull", colours, 299, "Merinohals", "Merinohalskrage"},
		{"UV-1105", "Ullvår", "klaer-ull", colours, 349, "Merinolue", "Merinomössa"},
		{"UV-1106", "Ullvår", "klaer-ull", sizes, 399, "Merinovotter", ""},
		{"FF-1201", "Fjell Form", "klaer-bukser", sizes, 1599, "Hekla turbukse", "Hekla vandringsbyxa"},
		{"FF-1202", "Fjell Form", "klaer-bukser", sizes, 1399, "Softshellbukse", "Softshellbyxa"},
		{"FF-1203", "Fjell Form", "klaer-bukser", sizes, 699, "Sommershorts", "Sommarshorts"},
		{"FF-1204", "Fjell Form", "klaer-bukser", sizes, 799, "Regnbukse", "Regnbyxa"},
		{"ST-1301", "Steinar", "sko-fjell", shoeSizes, 2499, "Steinar høy tursko", "Steinar hög vandringskänga"},
		{"ST-1302", "Steinar", "sko-fjell", shoeSizes, 1799, "Steinar lav tursko", "Steinar låg vandringssko"},
		{"ST-1303", "Steinar", "sko-fjell", shoeSizes, 1999, "Polar vinterstøvel", "Polar vinterkänga"},
		{"TE-1401", "Tempo", "sko-lop", shoeSizes, 1499, "Tempo Sti", "Tempo Stig"},
		{"TE-1402", "Tempo", "sko-lop", shoeSizes, 1699, "Tempo Vei", "Tempo Väg"},
		{"TE-1403", "Tempo", "sko-lop", shoeSizes, 2199, "Tempo Konkurranse", ""},
		{"AL-1501", "Ås & Lie", "ski-langrenn", lengths, 4999, "Skøyteski Pro", "Skateskida Pro"},
		{"AL-1502", "Ås & Lie", "ski-langrenn", lengths, 3999, "Klassisk ski", "Klassisk skida"},
		{"AL-1503", "Ås & Lie", "ski-langrenn", lengths, 4499, "Fjellski med stålkant", "Fjällskida med stålkant"},
		{"AL-1504", "Ås & Lie", "ski-langrenn", lengths, 3299, "Felleski", "Skida med stighud"},
		{"AL-1601", "Ås & Lie", "ski-staver", single, 1199, "Karbonstav", "Kolfiberstav"},
		{"AL-1602", "Ås & Lie", "ski-staver", single, 399, "Aluminiumsstav", "Aluminiumstav"},
		{"BE-1701", "Bæreevne", "tur-sekker", colours, 999, "Dagstursekk 20 l", "Dagsryggsäck 20 l"},
		{"BE-1702", "Bæreevne", "tur-sekker", colours, 1599, "Helgesekk 35 l", "Helgryggsäck 35 l"},
		{"BE-1703", "Bæreevne", "tur-sekker", colours, 2999, "Ekspedisjonssekk 65 l", "Expeditionsryggsäck 65 l"},
		{"BE-1704", "Bæreevne", "tur-sekker", colours, 549, "Barnesekk 10 l", "Barnryggsäck 10 l"},
		{"LY-1801", "Ly", "tur-telt", single, 4299, "Tunneltelt for to", "Tunneltält för två"},
		{"LY-1802", "Ly", "tur-telt", single, 5299, "Tunneltelt for tre", "Tunneltält för tre"},
		{"LY-1803", "Ly", "tur-telt", single, 899, "Tarp 3 × 3 m", "Tarp 3 × 3 m"},
		{"LY-1804", "Ly", "tur-telt", single, 99, "Teltplugger, ti stk.", "Tältpinnar, tio st."},
		{"LY-1901", "Ly", "tur-soveposer", single, 3799, "Dunsovepose −10 °C", "Dunsovsäck −10 °C"},
		{"LY-1902", "Ly", "tur-soveposer", single, 1299, "Fibersovepose 0 °C", "Fibersovsäck 0 °C"},
		{"LY-1903", "Ly", "tur-soveposer", single, 1099, "Liggeunderlag", "Liggunderlag"},
		{"LY-1904", "Ly", "tur-soveposer", single, 299, "Oppblåsbar pute", ""},
		{"TE-2001", "Tempo", "sykkel-utstyr", sizes, 799, "Sykkelhjelm", "Cykelhjälm"},
		{"TE-2002", "Tempo", "sykkel-utstyr", sizes, 349, "Sykkelhansker", "Cykelhandskar"},
		{"TE-2003", "Tempo", "sykkel-utstyr", single, 449, "Lyktesett", "Cykellysen"},
		{"TE-2004", "Tempo", "sykkel-utstyr", single, 599, "Fotpumpe", "Fotpump"},
		{"NA-2101", "Napp", "fiske-utstyr", single, 999, "Haspelstang 7 fot", "Haspelspö 7 fot"},
		{"NA-2102", "Napp", "fiske-utstyr", single, 899, "Haspelsnelle 2500", "Haspelrulle 2500"},
		{"NA-2103", "Napp", "fiske-utstyr", colours, 149, "Sluksett", "Dragset"},
		{"NA-2104", "Napp", "fiske-utstyr", single, 199, "Flueboks", ""},
		{"GL-2201", "Glo", "tur-kjokken", single, 799, "Stormkjøkken", "Stormkök"},
		{"GL-2202", "Glo", "tur-kjokken", single, 599, "Gassbrenner", "Gasbrännare"},
		{"GL-2203", "Glo", "tur-kjokken", single, 449, "Kjelesett", "Kastrullset"},
		{"GL-2204", "Glo", "tur-kjokken", colours, 329, "Termos 1 l", "Termos 1 l"},
		{"MT-2301", "Mett & Glad", "tur-mat", single, 119, "Bacalao, frysetørret", "Bacalao, frystorkad"},
		{"MT-2302", "Mett & Glad", "tur-mat", single, 119, "Chili sin carne", "Chili sin carne"},
		{"MT-2303", "Mett & Glad", "tur-mat", single, 29, "Energibar med havre", "Energibar med havre"},
		{"MT-2304", "Mett & Glad", "tur-mat", single, 199, "Sportsdrikk, pulver", ""},
		{"TE-2401", "Tempo", "ball", single, 299, "Fotball str. 5", "Fotboll stl. 5"},
		{"TE-2402", "Tempo", "ball", single, 279, "Håndball str. 2", "Handboll stl. 2"},
		{"TE-2403", "Tempo", "ball", single, 349, "Volleyball", "Beachboll"},
		{"PU-2501", "Puls", "elektro-klokker", colours, 2499, "Pulsklokke Nord", "Pulsklocka Nord"},
		{"PU-2502", "Puls", "elektro-klokker", colours, 4999, "GPS-klokke Tind", "GPS-klocka Topp"},
		{"PU-2503", "Puls", "elektro-klokker", single, 999, "Høydemåler", "Höjdmätare"},
	}
}
