package flowtest

import "github.com/omniflow/omniflow/internal/flow"

func (s *Server) supplierRoutes() {
	const suppliers = "/tenants/{tenantUid}/suppliers"
	s.handle(flow.SupplierList, "GET", suppliers, listSuppliers)
	s.handle(flow.SupplierCreate, "POST", suppliers, createSupplier)
	s.handle(flow.SupplierUpdate, "PUT", suppliers+"/{supplierUid}", updateSupplier)
}

// supplierSchema is reference flow-api.md §10; that the name is required is an assumption.
func supplierSchema() schema {
	return schema{
		kinds: map[string]kind{
			"supplierUid": uid, "name": anyText, "externalId": anyText, "address": anyText, "city": anyText,
			"postalCode": anyText, "countryCode": anyText, "contactName": anyText, "contactEmail": anyText,
			"email": anyText, "phone": anyText, "vatNumber": anyText, "active": anyBool, "currency": anyText,
			"fixedDiscountRate": integer,
			"bankInfo": object(schema{kinds: map[string]kind{
				"accountNumber": anyText, "bankName": anyText, "iban": anyText, "swift": anyText,
			}}),
		},
		required: []string{"name"},
	}
}

func listSuppliers(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{"supplierName": "name", "supplierExternalId": "externalId"})
	return t.list(t.suppliers.list(keep), in.query)
}

func createSupplier(t *tenant, in input) answer {
	if err := supplierSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(t.suppliers, in.body)
	if refusal != nil {
		return *refusal
	}
	return ok(record)
}

// updateSupplier merges. The operation, that an unknown supplier is 404, and that a uid in the body is
// refused, are assumptions.
func updateSupplier(t *tenant, in input) answer {
	record, found := t.suppliers.byUID[in.path("supplierUid")]
	if !found {
		return missing("supplier")
	}
	s := supplierSchema()
	delete(s.kinds, "supplierUid")
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	t.merge(record, in.body)
	return ok(record)
}
