package flow

import "context"

// AddMedia gives a product an image that Flow fetches by its URL. It is no error when the product
// has a media with m's uid already; that one is left as it is.
func (c *Client) AddMedia(ctx context.Context, product string, m Media) error {
	// Flow would make up a uid, and so add the same image again with every call.
	if err := checkUID(MediaAdd, m.ProductMediaUID); err != nil {
		return err
	}
	err := c.do(ctx, call{op: MediaAdd, uids: []string{productUID, product}, body: m})
	return settleCreate(err, func() (bool, error) {
		return c.findMedia(ctx, product, func(r MediaRecord) bool { return r.ProductMediaUID == m.ProductMediaUID })
	})
}

// ListMedia returns the media of a product in Flow's order. The caller owns the result.
func (c *Client) ListMedia(ctx context.Context, product string) ([]MediaRecord, error) {
	var all []MediaRecord
	_, err := c.findMedia(ctx, product, func(r MediaRecord) bool {
		all = append(all, r)
		return false
	})
	return all, err
}

func (c *Client) findMedia(ctx context.Context, product string, match func(MediaRecord) bool) (bool, error) {
	return find(ctx, c, call{op: MediaList, uids: []string{productUID, product}}, match)
}

// MediaRecord is a media as Flow returns it (reference flow-api.md §5). What is written as
// setAsCoverImage is read as isCoverImage.
type MediaRecord struct {
	ProductMediaUID string `json:"productMediaUid"`
	MainURL         string `json:"mainUrl"`
	Position        int    `json:"position"`
	IsCoverImage    bool   `json:"isCoverImage"`
	// Source is FLOW or URL.
	Source string `json:"source"`
}
