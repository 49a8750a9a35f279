# CXone shall grant exactly these. `terraform plan -detailed-exitcode` ends with 2 when it grants others.
resource "cxone_scope_baseline" "api" {
  scopes = ["cxone:api", "cxone:reports"]
}

# The token of an access key has no scopes: what it may do comes from the role of its employee.
resource "cxone_scope_baseline" "role" {
  claims = {
    "role.id"             = "11e70000-0a1e-b0c5-0000-0242ac110002"
    "role.secondaryRoles" = "[]"
  }
}
