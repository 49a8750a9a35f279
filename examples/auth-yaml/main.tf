# A function reads the `auth:` YAML of existing scripts, and its result configures the provider.
#
# For Terraform only: in OpenTofu, a function cannot configure its own provider (OpenTofu reports a cycle). The example
# auth-file works in every core.
#
# The file holds a secret: keep it out of version control.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

locals {
  # The function also checks the file: a missing member or a wrong type is an error that names the member.
  checked = provider::cxone::parse_auth_config(sensitive(file("${path.module}/auth.yaml")))

  # Without the function, for cores before Terraform 1.8 and OpenTofu 1.7.
  plain = yamldecode(sensitive(file("${path.module}/auth.yaml"))).auth
}

provider "cxone" {
  token_url     = local.checked.endpoint
  client_id     = local.checked.client_id
  client_secret = local.checked.client_secret
  scopes        = local.checked.scopes
}

provider "cxone" {
  alias         = "plain"
  token_url     = local.plain.endpoint
  client_id     = local.plain.client_id
  client_secret = local.plain.client_secret
  scopes        = split(" ", local.plain.scope)
}

data "cxone_token_info" "checked" {}

data "cxone_token_info" "plain" {
  provider = cxone.plain
}

output "granted_scopes" {
  value = {
    checked = data.cxone_token_info.checked.granted_scopes
    plain   = data.cxone_token_info.plain.granted_scopes
  }
}
