# The credentials are ephemeral variables. Set TF_VAR_client_id and TF_VAR_client_secret, for example from a pipeline's secret
# store. The credentials are in neither plan nor state.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

variable "client_id" {
  type      = string
  ephemeral = true
}

variable "client_secret" {
  type      = string
  ephemeral = true
  sensitive = true
}

provider "cxone" {
  client_id     = var.client_id
  client_secret = var.client_secret
}

ephemeral "cxone_access_token" "api" {}
