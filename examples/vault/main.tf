# The client credentials come from Vault. They go from one provider to the other, and are never in plan or state.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
    vault = {
      source = "hashicorp/vault"
    }
  }
}

# Vault's address and token come from VAULT_ADDR and VAULT_TOKEN.
provider "vault" {}

ephemeral "vault_kv_secret_v2" "cxone" {
  mount = "secret"
  name  = "cxone/terraform"
}

provider "cxone" {
  client_id     = ephemeral.vault_kv_secret_v2.cxone.data.client_id
  client_secret = ephemeral.vault_kv_secret_v2.cxone.data.client_secret
  scopes        = ["cxone:api"]
}

ephemeral "cxone_access_token" "api" {}
