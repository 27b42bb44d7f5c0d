package flowtest

import "encoding/json"

// mediaSchema is reference flow-api.md §5.
func mediaSchema() schema {
	return schema{
		kinds: map[string]kind{
			"productMediaUid": optionalUID, "mainUrl": webURL, "thumbnailUrl": webURL,
			"position": integer, "setAsCoverImage": anyBool,
		},
		required: []string{"mainUrl"},
	}
}

func listMedia(t *tenant, in input) answer {
	product := in.path("productUid")
	if !t.products.has(product) {
		return missing("product")
	}
	return t.list(t.mediaOf(product).list(all), in.query)
}

// addMedia does not fetch the image: width and height are 0, and the thumbnail is the image unless
// it was given. That a new cover takes the place of the old one is an assumption.
func addMedia(t *tenant, in input) answer {
	product := in.path("productUid")
	if !t.products.has(product) {
		return missing("product")
	}
	if err := mediaSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	media := t.mediaOf(product)
	record, refusal := t.create(media, in.body)
	if refusal != nil {
		return *refusal
	}
	cover := string(record["setAsCoverImage"]) == "true"
	delete(record, "setAsCoverImage")
	if cover {
		for _, other := range media.byUID {
			other["isCoverImage"] = json.RawMessage("false")
		}
	}
	record.complete(fields{
		"thumbnailUrl": record["mainUrl"], "position": json.RawMessage("0"),
		"width": json.RawMessage("0"), "height": json.RawMessage("0"),
		"source": quote("URL"), "createdBy": quote("integration"), "lastModifiedBy": quote("integration"),
	})
	record["isCoverImage"], _ = json.Marshal(cover)
	return created(record)
}

func (t *tenant) mediaOf(product string) *collection {
	if t.media[product] == nil {
		t.media[product] = newCollection("productMediaUid")
	}
	return t.media[product]
}
