# What rehearse.sh plans: scopes under watch, in a provider configuration that declares none itself.

terraform {
  required_providers {
    cxone = { source = "cxone-tools/cxone" }
  }
}

resource "cxone_scope_baseline" "reporting" {
  scopes = ["cxone:api", "cxone:reports"]
}
