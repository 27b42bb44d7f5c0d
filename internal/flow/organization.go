package flow

import "context"

// EnsureOrganization makes sure that an organization with o's uid exists. It looks in the documented
// list and creates the organization when it is not there. One that exists is left as it is: several
// stores share it, and nobody says which of them knows best.
func (c *Client) EnsureOrganization(ctx context.Context, o Organization) error {
	exists := func() (bool, error) {
		return find(ctx, c, call{op: OrganizationList}, func(other Organization) bool {
			return other.OrganizationUID == o.OrganizationUID
		})
	}
	found, err := exists()
	if err != nil || found {
		return err
	}
	// Another store's job may have created it since.
	return settleCreate(c.do(ctx, call{op: OrganizationCreate, body: o}), exists)
}
