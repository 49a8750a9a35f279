terraform {
  required_providers {
    cxone = { source = "cxone-tools/cxone" }
  }
}

resource "cxone_scope_baseline" "api" {
  scopes = ["cxone:api", "cxone:reports"]
}
