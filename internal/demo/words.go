package demo

import (
	"fmt"

	"github.com/omniflow/omniflow/internal/omnium"
)

// words are what a document says in one language.
type words struct {
	language                          string
	material, gender, season, keyword string
	size, colour, length              string
	wool, unisex, summer, winter      string
	intro, care                       string
}

func norwegian() words {
	return words{
		language: "no",
		material: "Material", gender: "Kjønn", season: "Sesong", keyword: "Egenskap",
		size: "Størrelse", colour: "Farge", length: "Lengde",
		wool: "Ull", unisex: "Unisex", summer: "Sommer", winter: "Vinter",
		intro: "Laget for norsk v&aelig;r &amp; vind.", care: "Vaskes p&aring; 30&nbsp;&deg;C",
	}
}

func swedish() words {
	return words{
		language: "sv",
		material: "Material", gender: "Kön", season: "Säsong", keyword: "Egenskap",
		size: "Storlek", colour: "Färg", length: "Längd",
		wool: "Ull", unisex: "Unisex", summer: "Sommar", winter: "Vinter",
		intro: "Gjord f&ouml;r svenskt v&auml;der &amp; vind.", care: "Tv&auml;ttas i 30&nbsp;&deg;C",
	}
}

// pick chooses the text of the language; without a Swedish one it is the Norwegian.
func (w words) pick(no, sv string) string {
	if w.language == "sv" && sv != "" {
		return sv
	}
	return no
}

// description is HTML as editors leave it behind.
func (w words) description(name string, i int) string {
	return fmt.Sprintf("<div><h2>%s</h2><p>%s</p>\n<ul><li>%s</li><li>Art. %d</li></ul>"+
		"<script>track()</script></div>", name, w.intro, w.care, 7000+i)
}

// properties have a key with several values, an empty value and an empty key among them.
func (w words) properties(i int) []omnium.Property {
	list := []omnium.Property{
		{Key: w.material, Value: w.wool},
		{Key: w.gender, Value: w.unisex},
		{Key: w.keyword, Value: "A" + fmt.Sprint(i%3)},
		{Key: w.keyword, Value: "B"},
		{Key: "ErpStatus", Value: ""},
	}
	if i%2 == 0 {
		list = append(list, omnium.Property{Key: w.season, Value: w.summer}, omnium.Property{Value: "?"})
	}
	return list
}

func (w words) variantKey(f form) string {
	switch f {
	case colours:
		return w.colour
	case lengths:
		return w.length
	case single, sizes, shoeSizes:
	}
	return w.size
}
