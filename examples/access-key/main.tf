# An access key with a registered application: the flow that NICE documents for back-end applications.
#
# All credentials come from the environment: CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_ACCESS_KEY_ID and
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

  # The global service is the default. The government cloud has https://cxone-gov.niceincontact.com;
  # sovereign clouds have their own issuers.
  issuer = var.issuer
}

variable "issuer" {
  description = "The issuer, for discovery of the token endpoint; null for CXone's global service."
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
