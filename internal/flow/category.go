package flow

import (
	"context"
	"net/http"
)

// Names of the operations on categories.
const (
	CategoryList   = "category.list"
	CategoryCreate = "category.create"
	CategoryGet    = "category.get"
	CategoryUpdate = "category.update"
)

const categoryUID = "categoryUid"

// categoryRoutes are reference flow-api.md §7.
func categoryRoutes() []Route {
	const (
		categories = "/tenants/{tenantUid}/categories"
		category   = categories + "/{categoryUid}"
	)
	ok := []int{200}
	return []Route{
		{CategoryList, http.MethodGet, categories, ok, Documented},
		{CategoryCreate, http.MethodPost, categories, ok, Documented},
		{CategoryGet, http.MethodGet, category, ok, Documented},
		{CategoryUpdate, http.MethodPut, category, ok, Assumed},
	}
}

// Category is a Flow category (reference flow-api.md §7).
type Category struct {
	CategoryUID string `json:"categoryUid"`
	Name        string `json:"name"`
	ExternalID  string `json:"externalId,omitempty"`
	ParentUID   string `json:"parentUid,omitempty"`
}

// placed is the body that updates a category or a product group. The parent is always named: the
// documented pattern of a parent allows an empty one, which is taken for the top level.
type placed struct {
	Name       string `json:"name"`
	ExternalID string `json:"externalId"`
	ParentUID  string `json:"parentUid"`
}

// PutCategory creates or updates g so that Flow holds it afterwards, at the place that it names; see
// upsert for known and created.
func (c *Client) PutCategory(ctx context.Context, g Category, known bool) (created bool, err error) {
	if err := checkUID(CategoryCreate, g.CategoryUID); err != nil {
		return false, err
	}
	uids := []string{categoryUID, g.CategoryUID}
	return c.upsert(ctx, upsert{
		create: call{op: CategoryCreate, body: g},
		update: call{op: CategoryUpdate, uids: uids, body: placed{g.Name, g.ExternalID, g.ParentUID}},
		exists: func() (bool, error) { return c.has(ctx, CategoryGet, uids...) },
	}, known)
}

// PutProductGroup is PutCategory for product groups. The scope is left to Flow, where a new group has
// its parent's.
func (c *Client) PutProductGroup(
	ctx context.Context, g ProductGroup, known bool,
) (created bool, err error) {
	if err := checkUID(ProductGroupCreate, g.ProductGroupUID); err != nil {
		return false, err
	}
	uids := []string{productGroupUID, g.ProductGroupUID}
	return c.upsert(ctx, upsert{
		create: call{op: ProductGroupCreate, body: g},
		update: call{op: ProductGroupUpdate, uids: uids, body: placed{g.Name, g.ExternalID, g.ParentUID}},
		exists: func() (bool, error) { return c.has(ctx, ProductGroupGet, uids...) },
	}, known)
}
