package demo

import (
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/omnium"
)

// groupRoot is the category below which categories are product groups, for the tenant that has them.
const groupRoot = "sortiment"

// Categories beside the assortment, which tell products apart in other ways.
const (
	categoryNew  = "nyheter"
	categorySale = "salg"
)

// branches are the categories above those of the catalogue, and those that are not below groupRoot.
func branches() map[string]category {
	return map[string]category{
		groupRoot:    {no: "Sortiment", sv: "Sortiment", parent: "root"},
		"klaer":      {no: "Klær", sv: "Kläder", parent: groupRoot},
		"sko":        {no: "Sko", sv: "Skor", parent: groupRoot},
		"ski":        {no: "Ski", sv: "Skidor", parent: groupRoot},
		"tur":        {no: "Tur", sv: "Friluftsliv", parent: groupRoot},
		"annen":      {no: "Annen sport", sv: "Annan sport", parent: groupRoot},
		"kampanjer":  {no: "Kampanjer", sv: "Kampanjer", parent: "root"},
		categoryNew:  {no: "Nyheter", sv: "Nyheter", parent: "kampanjer"},
		categorySale: {no: "Salg", sv: "Rea", parent: "kampanjer"},
	}
}

// tree are the documents of all categories, sorted; not all are translated.
func tree() []omnium.Category {
	all := branches()
	maps.Copy(all, categories())
	var list []omnium.Category
	for i, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[id].document(id, "no"))
		if i%4 > 0 {
			list = append(list, all[id].document(id, "sv"))
		}
	}
	return list
}

func (c category) document(id, language string) omnium.Category {
	name := c.no
	if language == "sv" {
		name = c.sv
	}
	return omnium.Category{
		ID: id + "_" + language, CategoryID: id, ParentID: c.parent, Language: language, Name: name,
	}
}
