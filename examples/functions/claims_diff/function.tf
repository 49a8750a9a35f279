variable "token" {
  description = "A token of the access key that the pipeline uses."
  type        = string
  sensitive   = true
}

locals {
  declared = { "role.id" = "11e70000-0a1e-b0c5-0000-0242ac110002" }

  # The result is as sensitive as the token; which claims changed, and to what, is not.
  difference = nonsensitive(provider::cxone::claims_diff(local.declared, var.token))
}

# Warns if somebody changed the role of the access key's employee before this token was issued. A later change is not in the
# token: pass a new one at each run, such as that of `terraform-provider-cxone token`.
check "role" {
  assert {
    condition     = local.difference.in_sync
    error_message = "The token has other claims than this configuration counts on: ${jsonencode(local.difference.changed)}"
  }
}
