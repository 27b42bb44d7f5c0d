package mapping

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// images picks the assets that are images and can be fetched: the main one first, then by sort order,
// which is the place in the list where none is given (reference omnium-api.md §3.3). An image listed
// twice counts once.
func images(assets []omnium.Asset) []flow.Media {
	type placed struct {
		omnium.Asset
		order int
	}
	var found []placed
	for i, a := range assets {
		if !isImage(&a) || imageURL(&a) == "" {
			continue
		}
		order := i
		if a.SortOrder != nil {
			order = *a.SortOrder
		}
		found = append(found, placed{a, order})
	}
	slices.SortStableFunc(found, func(a, b placed) int {
		return cmp.Or(trueFirst(a.IsMainImage, b.IsMainImage), cmp.Compare(a.order, b.order))
	})

	var media []flow.Media
	seen := make(map[string]bool)
	for i := range found {
		uid := mediaUID(&found[i].Asset)
		if seen[uid] {
			continue
		}
		seen[uid] = true
		media = append(media, flow.Media{
			ProductMediaUID: uid,
			MainURL:         imageURL(&found[i].Asset),
			Position:        len(media) + 1,
			SetAsCoverImage: len(media) == 0,
		})
	}
	return media
}

// isImage goes by the content type; only without one by the label of the asset.
func isImage(a *omnium.Asset) bool {
	if a.ContentType == "" {
		return strings.EqualFold(a.AssetType, "image")
	}
	return strings.HasPrefix(strings.ToLower(a.ContentType), "image/")
}

// imageURL is where Flow can fetch the image: Omnium's copy, else, while Omnium has none yet, the
// source; empty when neither is a web address.
func imageURL(a *omnium.Asset) string {
	raw := strings.TrimSpace(cmp.Or(a.URL, a.ExternalURL))
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return raw
}

// mediaUID is made of the asset id and of what changes with the picture, because a medium's URL
// cannot be changed in Flow (reference flow-api.md §5): a changed image is a new medium.
func mediaUID(a *omnium.Asset) string {
	sum := sha256.Sum256([]byte(imageURL(a) + "\n" + a.Modified.UTC().Format(time.RFC3339Nano)))
	version := hex.EncodeToString(sum[:4])
	if id := strip(a.AssetID); id != "" {
		return id + "_" + version
	}
	return version
}
