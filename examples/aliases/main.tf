# Production and staging in one configuration. Each has its own credentials, and rejects tokens of the other tenant.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

variable "production" {
  description = "Production: token endpoint, client, secret file (mounted by a secret manager) and tenant."
  type        = object({ token_url = string, client_id = string, client_secret_file = string, tenant_id = string })
}

variable "staging" {
  description = "Staging: the same."
  type        = object({ token_url = string, client_id = string, client_secret_file = string, tenant_id = string })
}

provider "cxone" {
  alias              = "production"
  token_url          = var.production.token_url
  client_id          = var.production.client_id
  client_secret_file = var.production.client_secret_file
  expected_tenant_id = var.production.tenant_id
  scope_drift        = "error"
}

provider "cxone" {
  alias              = "staging"
  token_url          = var.staging.token_url
  client_id          = var.staging.client_id
  client_secret_file = var.staging.client_secret_file
  expected_tenant_id = var.staging.tenant_id
}

data "cxone_token_info" "production" {
  provider = cxone.production
}

data "cxone_token_info" "staging" {
  provider = cxone.staging
}

output "tenants" {
  value = {
    production = data.cxone_token_info.production.tenant_id
    staging    = data.cxone_token_info.staging.tenant_id
  }
}
