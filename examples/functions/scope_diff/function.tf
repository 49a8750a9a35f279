data "cxone_token_info" "api" {}

# Fails the plan when a scope is missing; scopes beyond the declared ones are fine here.
output "extra_scopes" {
  value = local.difference.extra

  precondition {
    condition     = length(local.difference.missing) == 0
    error_message = "CXone does not grant: ${join(", ", local.difference.missing)}."
  }
}

locals {
  difference = provider::cxone::scope_diff(["cxone:api"], data.cxone_token_info.api.granted_scopes)
}
