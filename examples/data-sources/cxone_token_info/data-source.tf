data "cxone_token_info" "api" {}

# Warns at every plan when CXone no longer grants what is needed, or when nothing tells what it grants.
check "cxone_scopes" {
  assert {
    condition     = try(contains(data.cxone_token_info.api.granted_scopes, "cxone:api"), false)
    error_message = "CXone no longer grants cxone:api to this client."
  }
}

output "cxone_tenant" {
  value = data.cxone_token_info.api.tenant_id
}
