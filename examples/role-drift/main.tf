# A scheduled job watches the role of an access key's employee: ../scope-drift/check.sh says by its exit code whether it is
# the one that is declared here. docs/guides/scope-drift.md has the exit codes.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_ACCESS_KEY_ID, CXONE_ACCESS_KEY_SECRET.
provider "cxone" {
  grant_type = "password"
}

variable "role_id" {
  description = "The role that the employee of the access key shall have: `role_id` of `cxone_token_info`."
  type        = string
}

# Such a token has no scopes: what it may do comes from the role.
resource "cxone_scope_baseline" "reporting" {
  claims = {
    "role.id"             = var.role_id
    "role.secondaryRoles" = "[]"
  }
}
