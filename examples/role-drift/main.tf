# A scheduled job runs ../scope-drift/check.sh. The exit code shows whether the employee of an access key has the role declared
# here. docs/guides/scope-drift.md lists the exit codes.

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
