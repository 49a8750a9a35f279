# An access key together with a registered application: the flow that NICE documents for back ends.
#
# Four secrets, all from the environment: CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_ACCESS_KEY_ID and
# CXONE_ACCESS_KEY_SECRET.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

provider "cxone" {
  grant_type = "password"

  # The global service is the default. Government: https://cxone-gov.niceincontact.com; sovereign clouds have their own.
  issuer = var.issuer
}

variable "issuer" {
  description = "Whose discovery document names the token endpoint; null for CXone's global service."
  type        = string
  default     = null
}

data "cxone_token_info" "this" {}

output "tenant" {
  value = {
    id           = data.cxone_token_info.this.tenant_id
    area         = data.cxone_token_info.this.area
    api_base_url = data.cxone_token_info.this.api_base_url
  }
}
