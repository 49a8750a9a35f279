data "cxone_token_info" "api" {}

# Warns at each plan if CXone no longer grants what is needed, or if nothing says what it grants. The check sees the token of
# this read: each read requests a new one.
check "cxone_scopes" {
  assert {
    condition     = try(contains(data.cxone_token_info.api.granted_scopes, "cxone:api"), false)
    error_message = "CXone no longer grants cxone:api to this client."
  }
}

output "cxone_tenant" {
  value = data.cxone_token_info.api.tenant_id
}
