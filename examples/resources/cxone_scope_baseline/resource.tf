# CXone shall grant exactly these. `terraform plan -detailed-exitcode` ends with 2 when it grants others.
resource "cxone_scope_baseline" "api" {
  scopes = ["cxone:api", "cxone:reports"]
}
